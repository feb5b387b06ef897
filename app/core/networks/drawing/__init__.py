"""Networks as volumes, cones and charts, as SVG and TikZ."""
