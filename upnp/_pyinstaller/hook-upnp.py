"""Have PyInstaller collect the files of the page, which are no modules."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files('upnp', includes=['presentation/page.*'])
