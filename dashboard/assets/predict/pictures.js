/* The pictures of this visit: choosing, dropping, pasting, photographing; the filmstrip; lighting boxes and cards.
 *
 * Each file is posted on its own, as it is (dcc.Upload would send base64, drop too large ones without a word,
 * and know neither a camera nor the clipboard). The server refuses; this script shows its answers. Entries of
 * the filmstrip: {id, state: "working" | "answered" | "refused", name, key, faces, message}. Two stores mirror
 * them for the callbacks in Python: "filmstrip" holds all entries, "shown" the one that the page shows.
 */
(function () {
    const AT_ONCE = 2; // the server has two cores; more would only wait there
    const NOT_REACHED = "The server could not be reached. Is it still running? Then please choose the picture again.";

    let entries = [];
    let shownId = null;
    let nextId = 1;
    let working = 0;
    const waiting = [];

    function mirror() {
        publish("filmstrip", entries);
        publish("shown", entries.find((entry) => entry.id === shownId) || null);
    }

    const published = {}; // store -> what it holds, as JSON: callbacks run only where something changed

    function publish(store, value) {
        const text = JSON.stringify(value);
        if (published[store] !== text) {
            published[store] = text;
            window.dash_clientside.set_props(store, { data: JSON.parse(text) });
        }
    }

    function add(name, request) {
        const entry = { id: nextId++, state: "working", name: name };
        entries = entries.concat(entry);
        waiting.push({ entry: entry, request: request });
        return entry;
    }

    function update(id, values) {
        entries = entries.map((entry) => (entry.id === id ? Object.assign({}, entry, values) : entry));
        const shown = entries.find((entry) => entry.id === shownId);
        if (!shown || shown.state === "refused") {
            // A refused picture has its line above the answer, which is of the next one.
            const next = entries.find((entry) => entry.id > shownId && entry.state !== "refused");
            const other = next || entries.findLast((entry) => entry.state !== "refused");
            shownId = other ? other.id : null;
        }
        mirror();
        nameInUrl();
    }

    function work() {
        while (working < AT_ONCE && waiting.length) {
            const next = waiting.shift();
            working += 1;
            next.request()
                .then((answer) => update(next.entry.id, answer))
                .catch(() => update(next.entry.id, { state: "refused", message: NOT_REACHED }))
                .finally(() => {
                    working -= 1;
                    work();
                });
        }
    }

    function post(url, body) {
        return fetch(url, { method: "POST", body: body }).then((response) => {
            if (!response.ok) {
                throw new Error(response.status);
            }
            return response.json();
        });
    }

    function sendFile(file) {
        const maxBytes = Number(document.getElementById("upload-area").dataset.maxBytes);
        if (file.size > maxBytes) {
            // The server refuses it as well, but only after the whole upload.
            const sizes = `${file.name} has ${(file.size / 1e6).toFixed(1)} MB; at most ${maxBytes / 1e6} MB are read.`;
            return Promise.resolve({ state: "refused", message: sizes + " Please choose a smaller version of it." });
        }
        const form = new FormData();
        form.append("picture", file, file.name || "pasted picture");
        return post(window.pathOf("/pictures"), form);
    }

    function addFiles(files) {
        const added = Array.from(files).map((file) => add(file.name || "pasted picture", () => sendFile(file)));
        if (added.length) {
            show(added[0].id);
            work();
        }
    }

    function openSample(file) {
        const key = "sample:" + file;
        let entry = entries.find((other) => other.key === key && other.state !== "refused");
        if (!entry) {
            entry = add(file, () => post(window.pathOf("/pictures/sample/") + encodeURIComponent(file)));
            entry.key = key;
        }
        show(entry.id);
        work();
    }

    function show(id) {
        shownId = id;
        mirror();
        nameInUrl();
    }

    /* A sample has a URL of its own; an upload has none that another browser could open. */
    function nameInUrl() {
        const entry = entries.find((other) => other.id === shownId);
        if (onPredict()) {
            const sample = entry && entry.key && entry.key.startsWith("sample:") ? entry.key.slice(7) : null;
            window.setUrlParams({ sample: sample });
        }
    }

    function onPredict() {
        return document.getElementById("upload-area") !== null;
    }

    /* --- Choosing: hidden inputs, opened by any element with data-action. ------------------------------- */
    function fileInput(id, attributes) {
        const input = document.createElement("input");
        input.type = "file";
        input.id = id;
        input.accept = "image/*";
        input.tabIndex = -1;
        input.className = "file-input";
        input.setAttribute("aria-hidden", "true");
        Object.assign(input, attributes);
        input.addEventListener("change", () => {
            addFiles(input.files);
            input.value = ""; // the same file may be chosen again
        });
        document.body.appendChild(input);
        return input;
    }

    const choose = fileInput("choose-pictures", { multiple: true });
    const camera = fileInput("take-photo", {});
    camera.setAttribute("capture", "user");

    document.addEventListener("click", (event) => {
        const target = event.target.closest("[data-action]");
        if (!target) {
            return;
        }
        const action = target.dataset.action;
        if (action === "choose") {
            choose.click();
        } else if (action === "photograph") {
            camera.click();
        } else if (action === "sample") {
            event.preventDefault();
            openSample(target.dataset.file);
        } else if (action === "show") {
            show(Number(target.dataset.entry));
        } else if (action === "dismiss") {
            entries = entries.filter((entry) => entry.id !== Number(target.dataset.entry));
            mirror();
        } else if (action === "to-face") {
            event.preventDefault();
            toFace(target.dataset.face);
        }
    });

    /* --- Dropping and pasting, anywhere on Predict. ------------------------------------------------------ */
    let dragDepth = 0;

    function holdsFiles(event) {
        return onPredict() && event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
    }

    function markDragging() {
        document.body.classList.toggle("is-dragging", dragDepth > 0);
    }

    document.addEventListener("dragenter", (event) => {
        if (holdsFiles(event)) {
            event.preventDefault();
            dragDepth += 1;
            markDragging();
        }
    });
    document.addEventListener("dragleave", (event) => {
        if (holdsFiles(event)) {
            dragDepth -= 1;
            markDragging();
        }
    });
    document.addEventListener("dragover", (event) => {
        if (holdsFiles(event)) {
            event.preventDefault();
        }
    });
    document.addEventListener("drop", (event) => {
        if (holdsFiles(event)) {
            event.preventDefault();
            dragDepth = 0;
            markDragging();
            addFiles(event.dataTransfer.files);
        }
    });
    document.addEventListener("paste", (event) => {
        const files = event.clipboardData ? event.clipboardData.files : [];
        if (onPredict() && files.length) {
            event.preventDefault();
            addFiles(files);
        }
    });

    /* --- A box lights its card, a card its box. ------------------------------------------------------------ */
    function light(event) {
        const target = event.target.closest ? event.target.closest("[data-face]") : null;
        const face = target ? target.dataset.face : null;
        document.querySelectorAll("[data-face]").forEach((element) => {
            element.classList.toggle("is-lit", face !== null && element.dataset.face === face);
        });
    }

    function toFace(face) {
        const card = document.querySelector(`.face-card[data-face="${face}"]`);
        if (card) {
            const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
            card.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
            card.focus({ preventScroll: true });
        }
    }

    document.addEventListener("mouseover", light);
    document.addEventListener("focusin", light);

    /* --- Forgotten when you leave. --------------------------------------------------------------------------- */
    window.addEventListener("pagehide", (event) => {
        const tokens = entries.map((entry) => entry.key).filter((key) => key && !key.startsWith("sample:"));
        if (tokens.length && !event.persisted) {
            navigator.sendBeacon(window.pathOf("/pictures/forget"), JSON.stringify(tokens));
        }
    });

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.predict = {
        /* The URL names a sample: open it. */
        openUrl: function (search) {
            const sample = new URLSearchParams(search || "").get("sample");
            if (sample && onPredict()) {
                openSample(sample);
            }
            return window.dash_clientside.no_update;
        },

        /* The large upload area becomes a bar with the first picture. */
        shape: function (entries) {
            const some = entries && entries.some((entry) => entry.state !== "refused");
            return some ? "predict has-pictures" : "predict";
        },
    };
})();
