"""The county data centre (县级数据中心): a server of its own that never imports the desk."""
