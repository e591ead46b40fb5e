// What this page keeps in the browser (IndexedDB), one store for all components: `kept`.
// A visit is a session, whose id rides in the history entry, so that a reload, Back and a tab that
// is opened again find their own. A new visit that follows no link takes up the latest session that
// was painted in, unless an open tab has it. Only the latest SESSIONS are kept.
const kept = (window.oneStrokeKept ??= (() => {
  const SESSIONS = 5;
  let painted = 0; // when this session last was, in milliseconds since the epoch
  let over = false; // nothing more is to be kept: the page is about to begin afresh
  const newId = () => `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("onestroke", 1);
    asked.onupgradeneeded = () => ["kept", "sessions"].forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => reject(asked.error);
  });
  let settle;
  const settled = new Promise((resolve) => { settle = resolve; });
  const within = (id) => IDBKeyRange.bound([id], [id, []]);

  // Change both stores at once: `change(kept, sessions)`; done when it lies on the disk.
  function changing(db, change) {
    const all = db.transaction(["kept", "sessions"], "readwrite");
    const done = new Promise((resolve, reject) => {
      all.oncomplete = resolve;
      all.onerror = all.onabort = () => reject(all.error);
    });
    change(all.objectStore("kept"), all.objectStore("sessions"));
    all.commit?.(); // so that it holds even where the page is left right now
    return done;
  }
  async function latest(db) { // [id, when it was painted in], the latest first
    const sessions = db.transaction("sessions").objectStore("sessions");
    const [ids, times] = await Promise.all([answer(sessions.getAllKeys()), answer(sessions.getAll())]);
    return ids.map((id, i) => [id, times[i]]).sort((a, b) => b[1] - a[1]);
  }
  async function untaken(id) {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.every((lock) => lock.name !== id) ? id : null;
  }
  function follows() { // whether the address says what to open on
    return location.hash.length > 1 || [...new URLSearchParams(location.search).keys()].some((key) => !key.startsWith("__"));
  }
  async function begin() {
    const db = await opened, sessions = await latest(db), [[last, when] = []] = sessions;
    const id = history.state?.session ?? (when && !follows() ? await untaken(last) : null) ?? newId();
    painted = new Map(sessions).get(id) ?? 0;
    history.replaceState({ ...history.state, session: id }, "");
    navigator.locks?.request(id, { ifAvailable: true }, () => new Promise(() => {}));
    const old = sessions.map(([one]) => one).filter((one) => one !== id).slice(SESSIONS - 1);
    if (old.length) await changing(db, (things, times) => old.forEach((one) => { things.delete(within(one)); times.delete(one); }));
    return [db, id];
  }
  const begun = begin();
  begun.catch(() => {}); // whoever keeps something is told

  return {
    settled, // done once the page has the settings that it opens with
    open: false, // whether it has
    follows: follows(),
    settle() {
      this.open = true;
      settle();
    },
    // The value kept under a name, or undefined.
    async get(name) {
      try {
        const [db, id] = await begun;
        return await answer(db.transaction("kept").objectStore("kept").get([id, name]));
      } catch {
        return undefined;
      }
    },
    // [[name, value], ...] of the names that begin so, in their order.
    async all(start) {
      try {
        const [db, id] = await begun, things = db.transaction("kept").objectStore("kept");
        const range = IDBKeyRange.bound([id, start], [id, start + "\uffff"]);
        const [keys, values] = await Promise.all([answer(things.getAllKeys(range)), answer(things.getAll(range))]);
        return keys.map(([, name], i) => [name, values[i]]);
      } catch {
        return [];
      }
    },
    // Keep a value under a name, or with undefined keep it no more; whether that could be done.
    async put(name, value) {
      if (over) return true;
      try {
        const [db, id] = await begun;
        if (name.endsWith("-canvas")) painted = Date.now();
        await changing(db, (things, sessions) => {
          if (value === undefined) things.delete([id, name]);
          else things.put(value, [id, name]);
          sessions.put(painted, id);
        });
        return true;
      } catch {
        return false;
      }
    },
    // Forget this session, and open the page as if for the first time.
    async afresh() {
      if (!confirm("Start afresh? What you painted here, its pictures and settings go.")) return;
      over = true;
      try {
        const [db, id] = await begun;
        await changing(db, (things, sessions) => { things.delete(within(id)); sessions.delete(id); });
      } catch {} // where nothing could be kept, there is nothing to forget
      history.replaceState({ ...history.state, session: newId() }, "", location.pathname);
      location.reload();
    },
  };
})());
