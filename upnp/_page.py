"""The page of a device: what a double click in a network folder opens."""

from collections.abc import Iterator

from ._xml import Template, escapeInTemplate
from .Description import Places, textOf
from .Objects import Device

__all__ = ['renderPage']

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
</head>
<body>
<h1>{name}</h1>
{items}<p><a href="{description}">Device description</a></p>
</body>
</html>
"""
SHOWN = {'manufacturer': 'Manufacturer', 'modelName': 'Model', 'modelNumber': 'Number', 'serialNumber': 'Serial number'}


def renderPage(root: Device, places: Places) -> str:
    """Return the page of a root device: its name, what is known of it, and a link to its description."""
    lines = ''.join(items(root))
    values = {'name': textOf(root, 'friendlyName', 'device'), 'description': places.description}
    page = PAGE.replace('{items}', f'<ul>\n{lines}</ul>\n' if lines else '')
    for name, value in values.items():
        page = page.replace(f'{{{name}}}', escapeInTemplate(value))
    return Template(page)


def items(root: Device) -> Iterator[str]:
    """Yield a list item for each element that is set, and for each embedded device."""
    for name, label in SHOWN.items():
        if text := textOf(root, name, 'device'):
            yield f'<li>{label}: {escapeInTemplate(text)}</li>\n'
    for device in root.devices:
        yield f'<li>{escapeInTemplate(textOf(device, "friendlyName", "device"))}</li>\n'
