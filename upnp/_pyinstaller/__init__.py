"""How PyInstaller freezes a program that uses this package: it asks here where the hook is that collects the files."""

from pathlib import Path

__all__ = ['hookFolders']


def hookFolders() -> list[str]:
    """Return the folders with hooks; PyInstaller calls this by the entry point ``pyinstaller40``."""
    return [str(Path(__file__).parent)]
