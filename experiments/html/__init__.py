"""HTML reports, one self-contained file each: from headings, numbers, pictures and tables to a page."""
