// Counts characters as they are typed, keeps a section while somebody writes in it, weighs documents,
// and renews the preview of an issue. Every page works without it; it stores nothing in the browser.
(() => {
  const show = document.getElementById("show")
  if (!show || !show.form.requestSubmit) return
  const PAUSE_MS = 1500 // between the last key and the preview
  let timer = 0
  const renew = () => {
    // In a new frame, a preview adds nothing to what the button "back" goes through.
    const frame = document.querySelector("iframe[name=preview]")
    frame.replaceWith(frame.cloneNode())
    show.form.requestSubmit(show)
  }
  show.form.addEventListener("input", event => {
    clearTimeout(timer)
    if (event.target.name !== "width") timer = setTimeout(renew, PAUSE_MS)
  })
  show.form.addEventListener("submit", () => clearTimeout(timer))
  renew()
})();
(() => {
  "use strict"
  // What is too large to arrive is told before it is sent.
  document.querySelectorAll("[data-bytes]").forEach(box => box.addEventListener("change", () => {
    const over = [...box.files].some(file => file.size > Number(box.dataset.bytes))
    box.setCustomValidity(over ? box.dataset.over : "")
    box.reportValidity()
  }))
  const PAUSE_MS = 2000 // between the last key and a save
  const PATIENCE_MS = 10000
  const language = document.documentElement.lang
  const number = new Intl.NumberFormat(language)
  const fill = (words, ...given) => given.reduce((text, each) => text.replace("{}", each), words)

  const count = area => {
    const hint = document.getElementById(`${area.id}-limit`)
    const max = Number(area.dataset.max)
    if (!hint || !hint.dataset.count || !max) return
    const typed = [...area.value].length
    const over = typed > max
    const words = over ? hint.dataset.over : hint.dataset.count
    hint.textContent = fill(words, number.format(typed), number.format(max))
    hint.classList.toggle("error", over)
  }
  document.querySelectorAll("[data-max]").forEach(area => area.value && count(area))
  document.addEventListener("input", event => event.target.dataset.max && count(event.target))

  const form = document.getElementById("answers")
  if (!form || !window.fetch || !form.requestSubmit) return
  const status = document.getElementById("kept")
  if (!status) return
  let timer = 0, changed = false, saving = false, stopped = false, pressed = null

  const say = text => status.textContent !== text && (status.textContent = text)
  const answers = () => {
    const own = new Set([...form.querySelectorAll("[data-page]")].map(each => each.name))
    const found = {}
    for (const [name, value] of new FormData(form)) {
      if (own.has(name)) continue
      const [, key, at] = name.match(/^([^[]+)(?:\[(\d+)\])?$/) || [null, name]
      if (at !== undefined) (found[key] = found[key] || [])[Number(at)] = value
      else if (key in found) found[key] = [].concat(found[key], value)
      else found[key] = value
    }
    return found
  }
  const save = async leaving => {
    clearTimeout(timer)
    if (!changed || saving || stopped) return
    const { version, seen, row } = form.elements
    const known = { seen: seen.value, ...(row ? { row: row.value } : { version: Number(version.value) }) }
    changed = false
    saving = true
    const patience = new AbortController()
    const end = setTimeout(() => patience.abort(), PATIENCE_MS)
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        credentials: "omit",
        keepalive: leaving === true,
        signal: patience.signal,
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ ...known, fields: answers() }),
      })
      if (answer.ok) {
        const kept = await answer.json()
        if (version) version.value = kept.version
        seen.value = kept.seen
        const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(new Date())
        say(fill(status.dataset.saved, time))
      } else {
        // The button of the page says what is wrong, and shows both versions where there are two.
        stopped = answer.status < 500 && answer.status !== 429
        changed = true
        say(answer.status === 409 ? status.dataset.both : status.dataset.unsaved)
      }
    } catch {
      changed = true
      say(status.dataset.unsaved)
    }
    clearTimeout(end)
    saving = false
    const button = pressed
    pressed = null
    if (button) form.requestSubmit(button)
    else if (changed) later()
  }
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(save, PAUSE_MS)
  }
  const note = event => {
    if (event.target.hasAttribute("data-page")) return
    changed = true
    if (!saving) later()
  }
  form.addEventListener("input", note)
  form.addEventListener("change", note)
  form.addEventListener("submit", event => {
    clearTimeout(timer)
    if (!saving) {
      changed = false // The button keeps it all.
      return
    }
    // Once it is kept, the page knows its version.
    event.preventDefault()
    pressed = event.submitter
  })
  document.addEventListener("visibilitychange", () => document.hidden && save(true))

  // What was kept as this page was left may have come after the page was asked for anew.
  const RELOAD_MS = 400
  const look = async () => {
    const answer = await fetch(location.href, { credentials: "omit", headers: { Accept: "text/html" } })
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    const version = page.querySelector("#answers [name=version]")
    if (version && !changed && version.value !== form.elements.version.value) location.replace(location.href)
  }
  const [{ type } = {}] = performance.getEntriesByType("navigation")
  if (type === "reload" && form.elements.version) setTimeout(() => look().catch(() => {}), RELOAD_MS)
})()
