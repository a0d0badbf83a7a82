/* Data: the URL follows what is chosen. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.data = {
    augmentationUrlParams: function (picture, recipe, part, seed) {
        window.setUrlParams({ picture: picture, recipe: recipe, part: part, seed: seed });
        return window.dash_clientside.no_update;
    },

    picturesUrlParams: function (ages, gender, split, page) {
        const chosen = { ages: ages, gender: gender, split: split, page: page > 1 ? page : null };
        for (const name in chosen) {
            chosen[name] = chosen[name] === "all" ? null : chosen[name];
        }
        window.setUrlParams(chosen);
        return window.dash_clientside.no_update;
    },
};
