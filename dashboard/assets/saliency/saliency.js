/* Saliency: maps are fetched panel by panel and painted here, so that opacity, colours, zoom and hover ask nobody.
 *
 * Python lays out the grid (pages/saliency/grid.py): every .panel[data-map] knows the URL of its map, every
 * .stage the square of the picture that is its variant's input (x, y, side in picture pixels).
 */
(function () {
    const SCALES = {
        inferno: ["#000004", "#160b39", "#420a68", "#6a176e", "#932667", "#bc3754", "#dd513a", "#f37819", "#fca50a", "#f6d746", "#fcffa4"],
        viridis: ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"],
        cividis: ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#f0d73f", "#fee838"],
        grey: ["#000000", "#1a1a1a", "#333333", "#4d4d4d", "#666666", "#808080", "#999999", "#b3b3b3", "#cccccc", "#e6e6e6", "#ffffff"],
    };
    const STEPS = 65535; // values travel as 16-bit numbers
    const TOP_FRACTION = 0.005; // of the values, the largest, share the last colour: one bright speck hides the rest
    const AGREE_FROM = 0.5; // rank correlation of two maps on what both networks attend
    const DISAGREE_BELOW = 0.2;
    const FOCUSED_FROM = 1.1; // times what chance would put into the face box: such a map goes by the face
    const SAVED_PX = 800;
    const VISIT = Math.random().toString(36).slice(2); // this open page; a newer request replaces one that waits
    const NOT_REACHED = "The server could not be reached. Is it still running?";

    let maps = new WeakMap(); // panel -> {px, values (0 to 1), top}
    let scale = "inferno";
    let round = 0; // of requests: answers to an older round are dropped
    let viewedKey = null; // the picture for which whole or near was chosen
    let crosshairAt = null; // in picture pixels

    const panels = () => Array.from(document.querySelectorAll(".panel[data-map]"));
    const saliencyRows = () => document.querySelector(".saliency-rows[data-key]");
    const percent = (fraction) => (100 * fraction).toFixed(0) + "\u00a0%";

    /* --- Fetching ------------------------------------------------------------------------------------------- */
    function decoded(answer) {
        const bytes = Uint8Array.from(atob(answer.values), (letter) => letter.charCodeAt(0));
        const values = Float32Array.from(new Uint16Array(bytes.buffer), (value) => value / STEPS);
        const sorted = Float32Array.from(values).sort();
        const top = sorted[Math.floor((1 - TOP_FRACTION) * (sorted.length - 1))] || 1;
        return { px: answer.px, values: values, top: top, answer: answer };
    }

    function loadAll(method, engine) {
        round += 1;
        const thisRound = round;
        document.getElementById("saliency-agreement").textContent = "";
        const started = performance.now();
        const waits = panels().map((panel) => {
            panel.classList.add("is-loading");
            panel.classList.remove("is-problem", "is-nothing");
            setCaption(panel, engine === "onnx" ? "\u00a0" : "TensorFlow takes a moment…");
            const query = "&method=" + method + "&engine=" + encodeURIComponent(engine) + "&visit=" + VISIT;
            return fetch(panel.dataset.map + query)
                .then((response) => response.json())
                .catch(() => ({ error: NOT_REACHED }))
                .then((answer) => {
                    if (thisRound === round && panel.isConnected) {
                        show(panel, answer);
                    }
                });
        });
        Promise.all(waits).then(() => {
            if (thisRound === round && saliencyRows()) {
                saliencyRows().dataset.shown = method + " " + engine;
                saliencyRows().dataset.ms = Math.round(performance.now() - started);
                showAgreement();
            }
        });
    }

    function show(panel, answer) {
        panel.classList.remove("is-loading");
        if (answer.error) {
            maps.delete(panel);
            panel.classList.add("is-problem");
            setCaption(panel, answer.error);
            return;
        }
        maps.set(panel, decoded(answer));
        panel.classList.toggle("is-nothing", answer.empty);
        if (answer.empty) {
            setCaption(panel, "This method finds nothing that speaks for the answer.");
        } else {
            setCaption(panel, answer.fraction_in_face === null ? "\u00a0" : fractionInWords(answer));
        }
        paint(panel);
        showValues();
    }

    /* By chance: what a map without any focus would have in the box, which is the box's fraction of the attended area. */
    function fractionInWords(answer) {
        if (answer.face_area === 0) {
            return `${percent(answer.fraction_in_face)} in the face, which is not attended`;
        }
        return `${percent(answer.fraction_in_face)} in the face, ${percent(answer.face_area)} by chance`;
    }

    function setCaption(panel, text) {
        panel.querySelector(".panel-fraction").textContent = text;
    }

    /* --- Painting -------------------------------------------------------------------------------------------- */
    function colours(name) {
        const points = SCALES[name].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
        const table = [];
        for (let step = 0; step < 256; step += 1) {
            const place = (step / 255) * (points.length - 1);
            const low = Math.min(Math.floor(place), points.length - 2);
            table.push(points[low].map((value, at) => value + (points[low + 1][at] - value) * (place - low)));
        }
        return table;
    }

    function paint(panel) {
        const map = maps.get(panel);
        if (!map) {
            return;
        }
        const canvas = panel.querySelector("canvas");
        canvas.width = canvas.height = map.px;
        const context = canvas.getContext("2d");
        const image = context.createImageData(map.px, map.px);
        const table = colours(scale);
        map.values.forEach((value, at) => {
            const colour = table[Math.min(255, Math.round((255 * value) / map.top))];
            image.data.set([colour[0], colour[1], colour[2], 255], 4 * at);
        });
        context.putImageData(image, 0, 0);
    }

    /* --- Where the crosshair stands ---------------------------------------------------------------------------- */
    function square(panel) {
        const [x, y, side] = panel.querySelector(".stage").dataset.square.split(",").map(Number);
        return { x: x, y: y, side: side };
    }

    /* What the network attends to: its attention crop, or else all of its input. */
    function attended(panel) {
        const [x, y, side] = panel.querySelector(".stage").dataset.attended.split(",").map(Number);
        return side ? { x: x, y: y, side: side } : square(panel);
    }

    function valueAt(panel, x, y) {
        const map = maps.get(panel);
        const at = square(panel);
        const column = Math.floor(((x - at.x) / at.side) * (map ? map.px : 1));
        const row = Math.floor(((y - at.y) / at.side) * (map ? map.px : 1));
        const inside = map && column >= 0 && row >= 0 && column < map.px && row < map.px;
        return inside ? map.values[row * map.px + column] : null;
    }

    function pictureWindow() {
        const style = getComputedStyle(saliencyRows());
        const of = (name) => Number(style.getPropertyValue(name));
        const view = saliencyRows().classList.contains("view-near") ? "near" : "whole";
        return { x: of(`--${view}-x`), y: of(`--${view}-y`), side: of(`--${view}-side`) };
    }

    function showValues() {
        const rows = saliencyRows();
        if (!rows) {
            return;
        }
        const shown = crosshairAt && pictureWindow();
        rows.classList.toggle("has-crosshair", Boolean(crosshairAt));
        rows.querySelectorAll(".panel").forEach((panel) => {
            const crosshair = panel.querySelector(".crosshair");
            if (crosshairAt) {
                crosshair.style.left = (100 * (crosshairAt.x - shown.x)) / shown.side + "%";
                crosshair.style.top = (100 * (crosshairAt.y - shown.y)) / shown.side + "%";
            }
            const value = crosshairAt ? valueAt(panel, crosshairAt.x, crosshairAt.y) : null;
            const text = panel.dataset.map
                ? (value === null ? "outside the input" : value.toFixed(2))
                : crosshairAt && `x ${Math.round(crosshairAt.x)}, y ${Math.round(crosshairAt.y)}`;
            panel.querySelector(".map-value").textContent = crosshairAt ? text : "";
        });
    }

    function point(event) {
        const stage = event.target.closest ? event.target.closest(".stage") : null;
        if (!stage || !saliencyRows()) {
            if (crosshairAt && !(document.activeElement && document.activeElement.classList.contains("stage"))) {
                crosshairAt = null;
                showValues();
            }
            return;
        }
        const box = stage.getBoundingClientRect();
        const shown = pictureWindow();
        crosshairAt = {
            x: shown.x + ((event.clientX - box.left) / box.width) * shown.side,
            y: shown.y + ((event.clientY - box.top) / box.height) * shown.side,
        };
        showValues();
    }

    document.addEventListener("pointermove", point);
    document.addEventListener("pointerdown", point);
    document.addEventListener("keydown", (event) => {
        const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        if (!moves[event.key] || !event.target.classList || !event.target.classList.contains("stage")) {
            return;
        }
        event.preventDefault();
        const shown = pictureWindow();
        const from = crosshairAt || { x: shown.x + shown.side / 2, y: shown.y + shown.side / 2 };
        const step = shown.side / 40;
        crosshairAt = { x: from.x + step * moves[event.key][0], y: from.y + step * moves[event.key][1] };
        showValues();
    });

    /* --- Do the rows agree? --------------------------------------------------------------------------------- */
    function ranks(values) {
        const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
        const ranked = new Array(values.length);
        for (let start = 0; start < order.length; ) {
            let end = start;
            while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) {
                end += 1;
            }
            for (let at = start; at <= end; at += 1) {
                ranked[order[at]] = (start + end) / 2;
            }
            start = end + 1;
        }
        return ranked;
    }

    function correlation(a, b) {
        const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const [meanA, meanB] = [mean(a), mean(b)];
        let [both, onlyA, onlyB] = [0, 0, 0];
        a.forEach((value, at) => {
            both += (value - meanA) * (b[at] - meanB);
            onlyA += (value - meanA) ** 2;
            onlyB += (b[at] - meanB) ** 2;
        });
        return onlyA && onlyB ? both / Math.sqrt(onlyA * onlyB) : 0;
    }

    /* Rank correlation of two maps on a grid over the part of the picture that both networks attend; null without one. */
    function agreement(one, other) {
        const [a, b] = [attended(one), attended(other)];
        const [width, height] = [Number(saliencyRows().dataset.width), Number(saliencyRows().dataset.height)];
        const [left, top] = [Math.max(a.x, b.x, 0), Math.max(a.y, b.y, 0)];
        const right = Math.min(a.x + a.side, b.x + b.side, width);
        const bottom = Math.min(a.y + a.side, b.y + b.side, height);
        if (right <= left || bottom <= top) {
            return null;
        }
        const [first, second] = [[], []];
        for (let row = 0; row < 32; row += 1) {
            for (let column = 0; column < 32; column += 1) {
                const x = left + ((column + 0.5) / 32) * (right - left);
                const y = top + ((row + 0.5) / 32) * (bottom - top);
                first.push(valueAt(one, x, y));
                second.push(valueAt(other, x, y));
            }
        }
        return correlation(ranks(first), ranks(second));
    }

    function verdict(output, comparison) {
        const names = comparison.map((panel) => panel.closest(".saliency-row").dataset.variant);
        const answers = comparison.map((panel) => maps.get(panel).answer);
        const about = output === "age" ? "Age" : "Gender";
        if (answers.every((answer) => answer.fraction_in_face !== null)) {
            /* A network that does not attend to the face cannot go by it. */
            const focus = answers.map((answer) => (answer.face_area ? answer.fraction_in_face / answer.face_area : 0));
            const [most, least] = focus[0] > focus[1] ? [0, 1] : [1, 0];
            if (focus[most] >= FOCUSED_FROM && focus[least] < 1) {
                const inWords = (at) =>
                    answers[at].face_area
                        ? `${percent(answers[at].fraction_in_face)} in it, ${percent(answers[at].face_area)} by chance`
                        : "it attends elsewhere";
                const text = `${about}: no. ${names[most]} goes by the face (${inWords(most)}), ${names[least]} does not (${inWords(least)}).`;
                return [true, text];
            }
        }
        const rankCorrelation = agreement(comparison[0], comparison[1]);
        if (rankCorrelation === null) {
            return [true, `${about}: no. They attend to different parts of the picture.`];
        }
        const figure = `On what both attend, their rank correlation is ${rankCorrelation.toFixed(2)}.`;
        if (rankCorrelation < DISAGREE_BELOW) {
            return [true, `${about}: no. ${figure}`];
        }
        return [false, `${about}: ${rankCorrelation < AGREE_FROM ? "in part" : "yes"}. ${figure}`];
    }

    function showAgreement() {
        const lines = [];
        for (const output of ["age", "gender"]) {
            const comparison = panels().filter((panel) => panel.dataset.output === output && maps.has(panel));
            if (comparison.length === 2 && !comparison.some((panel) => maps.get(panel).answer.empty)) {
                lines.push(verdict(output, comparison));
            }
        }
        if (!lines.length) {
            lines.push([false, "No answer has two maps to compare."]);
        }
        document.getElementById("saliency-agreement").replaceChildren(
            ...lines.map(([differs, text]) => {
                const line = document.createElement("p");
                line.className = differs ? "differs" : "";
                line.textContent = text;
                return line;
            })
        );
    }

    /* --- The URL names what is shown ------------------------------------------------------------------------ */
    function setUrlParams(values) {
        if (window.location.pathname === window.pathOf("/saliency")) {
            window.setUrlParams(values);
        }
    }

    function setPictureParams(key, face) {
        const kinds = { "sample:": "sample", "set:": "set" };
        const prefix = Object.keys(kinds).find((start) => key.startsWith(start));
        const values = { sample: null, set: null, picture: null, face: face };
        values[prefix ? kinds[prefix] : "picture"] = prefix ? key.slice(prefix.length) : key;
        setUrlParams(values);
    }

    /* --- Saving ----------------------------------------------------------------------------------------------- */
    function save(panel, kind) {
        const map = maps.get(panel);
        if (!map) {
            return;
        }
        const variant = panel.closest(".saliency-row").dataset.variant;
        const stem = saliencyRows().dataset.name.replace(/\.[^.]*$/, "");
        const name = [stem, variant, panel.dataset.output, saliencyRows().dataset.shown.split(" ")[0]].join("_");
        if (kind === "CSV") {
            const rows = [];
            for (let row = 0; row < map.px; row += 1) {
                rows.push(Array.from(map.values.subarray(row * map.px, (row + 1) * map.px), (value) => value.toFixed(4)).join(","));
            }
            offer(new Blob([rows.join("\n") + "\n"], { type: "text/csv" }), name + ".csv");
            return;
        }
        const at = square(panel);
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = SAVED_PX;
        const context = canvas.getContext("2d");
        const zoom = SAVED_PX / at.side;
        const size = [Number(saliencyRows().dataset.width) * zoom, Number(saliencyRows().dataset.height) * zoom];
        context.drawImage(panel.querySelector(".sharp img"), -at.x * zoom, -at.y * zoom, size[0], size[1]);
        context.globalAlpha = Number(getComputedStyle(saliencyRows()).getPropertyValue("--opacity"));
        context.drawImage(panel.querySelector("canvas"), 0, 0, SAVED_PX, SAVED_PX);
        context.globalAlpha = 1;
        const seen = attended(panel);
        if (seen.side !== at.side) {
            context.lineWidth = 3;
            context.setLineDash([4, 4]);
            context.strokeStyle = getComputedStyle(panel.querySelector(".attended")).borderTopColor;
            context.strokeRect((seen.x - at.x) * zoom, (seen.y - at.y) * zoom, seen.side * zoom, seen.side * zoom);
        }
        canvas.toBlob((blob) => offer(blob, name + ".png"));
    }

    function offer(blob, name) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }

    document.addEventListener("click", (event) => {
        const button = event.target.closest ? event.target.closest("[data-save-map], [data-explain-face]") : null;
        if (!button) {
            return;
        }
        if (button.dataset.saveMap) {
            save(button.closest(".panel"), button.dataset.saveMap);
        } else {
            const chosen = { key: saliencyRows().dataset.key, face: Number(button.dataset.explainFace) };
            window.dash_clientside.set_props("saliency-face", { data: chosen });
        }
    });

    /* --- What Dash calls --------------------------------------------------------------------------------------- */
    /* A callback may run before React has put its component into the page. */
    function oncePlaced(action) {
        requestAnimationFrame(() => setTimeout(action, 0));
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.saliency = {
        firstPicture: function (shown, key, defaultKey) {
            if (key) {
                return window.dash_clientside.no_update;
            }
            return shown && shown.state === "answered" ? shown.key : defaultKey;
        },

        load: function (children, method, engine, meanings) {
            oncePlaced(() => {
                const rows = saliencyRows();
                if (rows) {
                    setUrlParams({ method: method, engine: engine === "onnx" ? null : engine });
                    setPictureParams(rows.dataset.key, rows.dataset.face);
                    loadAll(method, engine);
                }
            });
            return meanings[method];
        },

        paint: function (opacity, chosenScale, view) {
            scale = SCALES[chosenScale] ? chosenScale : "inferno";
            const legend = `linear-gradient(90deg, ${SCALES[scale].join(", ")})`;
            document.documentElement.style.setProperty("--legend", legend);
            oncePlaced(() => {
                const rows = saliencyRows();
                if (!rows) {
                    return;
                }
                const isAnother = viewedKey !== null && viewedKey !== rows.dataset.key;
                viewedKey = rows.dataset.key;
                const opens = !view || isAnother ? rows.dataset.opens : view;
                if (opens !== view) {
                    window.dash_clientside.set_props("saliency-view", { value: opens });
                }
                rows.classList.toggle("view-near", opens === "near");
                rows.style.setProperty("--opacity", opacity / 100);
                setUrlParams({ opacity: opacity, scale: scale, view: opens });
                panels().forEach(paint);
                showValues();
            });
            return scale;
        },
    };
})();
