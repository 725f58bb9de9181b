"""How Sphinx builds this documentation: `sphinx-build -W docs docs/_build`."""

from upnp._version import __version__

project = 'IoT-UPnP'
author = 'IoT-UPnP contributors'
copyright = author
version = release = __version__

extensions = ['sphinx.ext.autodoc', 'myst_parser']
exclude_patterns = ['_build']

html_theme = 'furo'
html_title = f'IoT-UPnP {release}'
html_show_sphinx = False

autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
python_use_unqualified_type_names = True
