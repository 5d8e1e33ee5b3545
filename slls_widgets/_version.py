"""The version, as the installation knows it."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("slls-widgets")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
