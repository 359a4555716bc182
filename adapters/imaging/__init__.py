"""Pictures redrawn by Pillow and CairoSVG, where they are installed: implements the port `icon_pictures`."""
