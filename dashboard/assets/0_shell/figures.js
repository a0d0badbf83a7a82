/* Figures and tables on every page: a figure is saved by the browser that drew it, a table by its grid. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.grids = {
    saveCsv: function () {
        return true;
    },
};

/* One listener for all PNG and SVG buttons: the figure is the one in the same card. */
document.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-save]");
    const card = button && button.closest("[data-chart]");
    const plot = card && card.querySelector(".js-plotly-plot");
    if (!plot || !window.Plotly) {
        return;
    }
    // On the page the title is a heading above the figure; a saved figure carries its own.
    const title = card.querySelector(".chart-title").textContent;
    const margin = Object.assign({}, plot.layout.margin, { t: 64 });
    const legend = Object.assign({}, plot.layout.legend, { yref: "paper", y: 1.02, yanchor: "bottom" });
    const layout = Object.assign({}, plot.layout, {
        title: { text: title, x: 0.02, xanchor: "left" },
        margin: margin,
        legend: legend,
        width: 900,
        height: 520,
        autosize: false,
    });
    const name = card.dataset.chart + window.location.search.replace(/[?&]\w+=/g, "_");
    window.Plotly.downloadImage(
        { data: plot.data, layout: layout },
        { format: button.dataset.save, filename: name, width: 900, height: 520, scale: 2 }
    );
});
