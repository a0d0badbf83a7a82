/* Clientside callbacks of the shell: colour scheme, the current page's mark, the narrow navigation. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.shell = {
    scheme: function (clicks, scheme) {
        const next = scheme === "dark" ? "light" : "dark";
        document.cookie = "scheme=" + next + "; path=/; max-age=31536000; SameSite=Strict";
        return [next, next];
    },

    /* A new page: mark its link, close the narrow navigation. */
    navigation: function (pathname) {
        document.querySelectorAll(".nav-link").forEach((link) => {
            if (link.getAttribute("href") === pathname) {
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
};
