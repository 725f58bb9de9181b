"""The version of the distribution, told once: the package, its SERVER token and its metadata read it here."""

__version__ = '2.0.0.dev0'
