/* The addresses of Training and Data follow what is chosen there. */
window.dash_clientside = window.dash_clientside || {};

window.dash_clientside.training = {
    address: function (chosen) {
        window.inAddress({ runs: (chosen || []).join(",") });
        return window.dash_clientside.no_update;
    },
};

window.dash_clientside.data = {
    drawsAddress: function (picture, recipe, part, seed) {
        window.inAddress({ picture: picture, recipe: recipe, part: part, seed: seed });
        return window.dash_clientside.no_update;
    },

    samplesAddress: function (ages, gender, split, page) {
        const chosen = { ages: ages, gender: gender, split: split, page: page > 1 ? page : null };
        for (const name in chosen) {
            chosen[name] = chosen[name] === "all" ? null : chosen[name];
        }
        window.inAddress(chosen);
        return window.dash_clientside.no_update;
    },
};
