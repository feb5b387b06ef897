"""`python -m tests.engines`: the pages in every browser engine that is installed here.

Not collected by pytest: Firefox and WebKitGTK are on few machines (on Debian: firefox-esr;
webkit2gtk-driver and xvfb). Each is driven through its own standard door, with no other package.
"""
