"""Reports as one HTML file each: headings, numbers, pictures and tables in, a page that needs nothing else out."""
