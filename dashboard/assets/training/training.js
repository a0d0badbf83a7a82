/* Training: the URL names the runs whose curves are shown. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.training = {
    urlParams: function (chosen) {
        window.setUrlParams({ runs: (chosen || []).join(",") });
        return window.dash_clientside.no_update;
    },
};
