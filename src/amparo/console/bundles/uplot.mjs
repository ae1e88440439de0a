// uPlot (MIT): draws the figures. Its style sheet is bundled beside it.
import "uplot/dist/uPlot.min.css";
export { default } from "uplot";
