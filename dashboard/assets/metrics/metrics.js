/* Metrics: the URL follows the selection, and a section is filled when it comes near the screen. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.metrics = {
    urlParams: function (selection) {
        window.setUrlParams(selection);
        watchSections();
        return window.dash_clientside.no_update;
    },
};

/* The answer on top must not wait for twenty figures. */
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

/* What is filled above the section that the URL names would push it away: it is held until the person moves. */
function holdNamedSection() {
    const named = window.location.hash && document.getElementById(window.location.hash.slice(1));
    if (!named || !named.classList.contains("metrics-section")) {
        return;
    }
    const observer = new ResizeObserver(() => named.scrollIntoView());
    observer.observe(named.parentElement);
    ["wheel", "touchstart", "pointerdown", "keydown"].forEach((kind) => {
        window.addEventListener(kind, () => observer.disconnect(), { once: true, passive: true });
    });
}

window.addEventListener("hashchange", holdNamedSection);
