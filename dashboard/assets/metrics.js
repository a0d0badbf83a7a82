/* Metrics: the address follows the selection, and figures are saved by the browser that drew them. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.metrics = {
    /* Not through Dash's Location: that would lay the whole page out again. */
    address: function (selection) {
        const query = new URLSearchParams(Object.entries(selection).filter(([, value]) => value));
        const address = window.location.pathname + "?" + query + window.location.hash;
        window.history.replaceState(window.history.state, "", address);
        watchSections();
        return window.dash_clientside.no_update;
    },

    saveTable: function () {
        return true;
    },
};

/* A section is drawn when it comes near the screen: the answer on top must not wait for twenty figures. */
function watchSections() {
    const unwatched = document.querySelectorAll(".metrics-section:not([data-watched])");
    const watcher = new IntersectionObserver(
        (entries) => {
            entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
                watcher.unobserve(entry.target);
                const near = { type: "metrics-section-near", section: entry.target.id };
                window.dash_clientside.set_props(near, { data: true });
            });
        },
        { rootMargin: "600px" }
    );
    unwatched.forEach((section) => {
        section.dataset.watched = "";
        watcher.observe(section);
    });
    if (unwatched.length) {
        holdNamedSection();
    }
}

/* What is drawn above the section that the address names would push it away: it is held until the person moves. */
function holdNamedSection() {
    const named = window.location.hash && document.getElementById(window.location.hash.slice(1));
    if (!named || !named.classList.contains("metrics-section")) {
        return;
    }
    const held = new ResizeObserver(() => named.scrollIntoView());
    held.observe(named.parentElement);
    ["wheel", "touchstart", "pointerdown", "keydown"].forEach((kind) => {
        window.addEventListener(kind, () => held.disconnect(), { once: true, passive: true });
    });
}

window.addEventListener("hashchange", holdNamedSection);

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
