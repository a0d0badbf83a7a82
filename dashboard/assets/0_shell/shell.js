/* Clientside callbacks of the shell: colour scheme, the current page's mark, the narrow navigation, the URL. */
window.dash_clientside = window.dash_clientside || {};

/* Put values into the URL's query; null or an empty one takes the name out. Not through Dash's Location: that
 * would lay the whole page out again. */
window.setUrlParams = function (values) {
    const query = new URLSearchParams(window.location.search);
    for (const name in values) {
        if (values[name] === null || values[name] === undefined || values[name] === "") {
            query.delete(name);
        } else {
            query.set(name, values[name]);
        }
    }
    const search = query.toString() ? "?" + query : "";
    if (window.location.search !== search) {
        const url = window.location.pathname + search + window.location.hash;
        window.history.replaceState(window.history.state, "", url);
    }
};

/* The path of a page or route, under the prefix of this server. */
window.pathOf = function (path) {
    return document.documentElement.dataset.prefix + path;
};

window.dash_clientside.shell = {
    scheme: function (clicks, scheme) {
        const next = scheme === "dark" ? "light" : "dark";
        document.cookie = "scheme=" + next + "; path=" + window.pathOf("/") + "; max-age=31536000; SameSite=Strict";
        return [next, next];
    },

    /* A new page: mark its link, close the narrow navigation. */
    navigation: function (pathname) {
        document.querySelectorAll(".nav-link").forEach((link) => {
            if (link.getAttribute("href").replace(/\/$/, "") === pathname.replace(/\/$/, "")) {
                link.setAttribute("aria-current", "page");
            } else {
                link.removeAttribute("aria-current");
            }
        });
        return false;
    },

    navbar: function (opened, navbar) {
        return Object.assign({}, navbar, { collapsed: { mobile: !opened, desktop: true } });
    },

    /* The two variants that a page compares. */
    comparisonUrlParams: function (comparison) {
        window.setUrlParams({ first: comparison[0], second: comparison[1] });
        return window.dash_clientside.no_update;
    },
};
