"""The few parts every page is put together from; each shows what it is given and tells what was done to it."""
