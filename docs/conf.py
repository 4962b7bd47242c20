"""Settings of the documentation site (`make docs`). What Sphinx does not do by itself is in hooks/."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Without the compiler, a stage is a plain function with a docstring and a signature. Read when numba is imported.
os.environ["NUMBA_DISABLE_JIT"] = "1"
os.environ["SOLARA_CHECK_HOOKS"] = "off"  # would warn of code in Mesa when solara is imported
sys.path.insert(0, str(Path(__file__).parent / "hooks"))

from secondhalf.version import __version__

project = "Second Half"
author = "Second Half maintainers"
copyright = f"{author}, Apache-2.0"
version = release = __version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "module_pages",
    "docstrings",
    "links",
    "dates",
    "offline",
]
exclude_patterns = ["hooks"]
highlight_language = "text"  # of blocks that name no language
myst_heading_anchors = 3

# A word in single backticks links to what it names, if there is such a thing.
default_role = "name"
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "ignore-module-all": True,  # a name stands on the page of the module that defines it, and there only
    "exclude-members": "model_config, set",  # of pydantic; Matplotlib writes one into every subclass of its artists
}
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 140
toc_object_entries_show_parents = "hide"

# Furo brings its own styles and scripts and asks no other machine for anything; hooks/offline.py holds it to that.
html_theme = "furo"
html_title = f"Second Half {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # excerpts are fetched, which a browser refuses for files
