"""Every page as it is drawn: a tour through the real window, pictures of it, and what is wrong with what is seen."""
