"""How Sphinx builds this documentation: `sphinx-build -W docs docs/_build`."""

import ast
import importlib.metadata
import importlib.util
import typing
from decimal import Decimal
from uuid import UUID

from sphinx.pycode import ModuleAnalyzer

# At run time hints name these two in the place of Decimal and UUID, whose modules are loaded later; here the real ones.
typing.SupportsFloat, typing.SupportsInt = Decimal, UUID

project = 'IoT-UPnP'
author = 'IoT-UPnP contributors'
copyright = author
version = release = importlib.metadata.version('iot-upnp')

extensions = ['sphinx.ext.autodoc', 'myst_parser']
exclude_patterns = ['_build']

html_theme = 'furo'
html_title = f'IoT-UPnP {release}'
html_show_sphinx = False

autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
python_use_unqualified_type_names = True

# The public modules define nothing: their classes name them as their module, while the source, which has the order of
# the members and the docstrings of attributes, stands in the modules that these import from.
PUBLIC = {'upnp', 'upnp.HTTP', 'upnp.Objects', 'upnp.SSDP', 'upnp.UPnP'}
analyzerOf = ModuleAnalyzer.for_module


def analyzerOfAll(name: str) -> ModuleAnalyzer:
    """Return what Sphinx knows of the source of a module; of a public one, that of the modules behind it."""
    analyzer = analyzerOf(name)
    if name in PUBLIC and not hasattr(analyzer, 'isWhole'):
        analyzer.analyze()
        for node in ast.parse(analyzer.code).body:
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                package = name if name == 'upnp' else name.rpartition('.')[0]
                behind = analyzerOf(importlib.util.resolve_name('.' * node.level + node.module, package))
                behind.analyze()
                first = len(analyzer.tagorder)
                analyzer.tagorder |= {key: first + order for key, order in behind.tagorder.items()}
                analyzer.attr_docs |= behind.attr_docs
        analyzer.isWhole = True
    return analyzer


ModuleAnalyzer.for_module = analyzerOfAll
