"""The colours of all figures, on screen, on paper and in the terminal."""

# Of Okabe and Ito, which colour-blind readers tell apart: https://jfly.uni-koeln.de/color/
# Without their yellow, which is lost on white. The first three are seen on light and dark.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, BLACK = "#56B4E9", "#E69F00", "#000000"
INK = "#333333"
"""As BLACK, the page's own ink where the figure stands in one."""
GREY = "#7f7f7f"
"""Of what stands behind."""
