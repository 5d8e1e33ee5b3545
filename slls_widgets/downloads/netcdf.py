"""A dataset as the content of a NetCDF file, made in memory: a server's disk may be full, or closed to us."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["netcdf_bytes"]


def netcdf_bytes(dataset: xr.Dataset) -> bytes:
    """What ``dataset.to_netcdf(path)`` would write to a file.

    Examples
    --------
    >>> import xarray
    >>> netcdf_bytes(xarray.Dataset({"x": ("i", [1.0, 2.0])}))[1:4]
    b'HDF'
    """
    from netCDF4 import Dataset
    from xarray.backends import NetCDF4DataStore

    # xarray writes NetCDF 4 to a path only; the library below it can keep the file to itself.
    file = Dataset("map.nc", mode="w", memory=1 << 20)
    dataset.dump_to_store(NetCDF4DataStore(file))  # type: ignore[no-untyped-call]
    return bytes(file.close())
