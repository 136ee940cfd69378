// Makes the forms and the directory of Relais comfortable on any website: without it, or when it
// fails, they are plain HTML and work. No cookie, nothing inline, nothing from elsewhere.
// Its words are filled in from chalicelib/content/kit.json by `python -m infra.kit`.
(() => {
"use strict"
if (!window.customElements || !window.fetch || customElements.get("relais-form")) return
const WORDS = {"fr": {"sending": "Envoi en cours…", "attention": "Certaines réponses demandent votre attention", "kept": "Rien n’a encore été enregistré. Ce que vous avez saisi est conservé ci-dessous.", "away": "Nous n’avons pas pu joindre notre service", "again": "Ce que vous avez saisi est toujours ici. Vérifiez votre connexion, puis envoyez de nouveau.", "not_shown": "Cette partie de la page ne peut pas s’afficher pour le moment.", "hosted": "L’ouvrir sur une page à part", "find_file": "Retrouver mon dossier", "person": "Oui, je suis une personne.", "left": "Caractères restants : {n}", "over": "Caractères en trop : {n}", "add": "Ajouter une ligne", "remove": "Retirer la ligne {n}", "removed": "La ligne {n} est retirée.", "row": "ligne {n}", "known": "Ce que vous nous avez déjà dit est rempli.", "restored": "Ce que vous aviez saisi est de retour.", "anew": "Vider le formulaire", "done": "Merci, c’est bien reçu", "note": "À noter", "receipt": "Voir la page de votre envoi", "score": "Total des points : {n} sur {max}.", "advice": "Conseils", "next": "Prochaines étapes", "all": "Voir cette recherche sur une page à part", "none": "Aucun résultat pour cette recherche.", "one": "1 coach", "several": "{n} coachs"}, "en": {"sending": "Sending…", "attention": "Some answers need your attention", "kept": "Nothing was stored yet. What you typed is kept below.", "away": "We could not reach our service", "again": "What you typed is still here. Check your connection, then send it again.", "not_shown": "This part of the page cannot be shown right now.", "hosted": "Open it on a page of its own", "find_file": "Find my file", "person": "Yes, I am a person.", "left": "Characters left: {n}", "over": "Characters over the limit: {n}", "add": "Add a row", "remove": "Remove row {n}", "removed": "Row {n} was removed.", "row": "row {n}", "known": "What you told us before is filled in.", "restored": "What you had typed is back.", "anew": "Empty the form", "done": "Thank you, we have it", "note": "Please note", "receipt": "See the page of what you sent", "score": "Total points: {n} out of {max}.", "advice": "Advice", "next": "Next steps", "all": "See this search on a page of its own", "none": "No result for this search.", "one": "1 coach", "several": "{n} coaches"}}
const HERE = (document.currentScript || {}).src || ""
const PATIENCE_MS = 30000
const PAUSE_MS = 300
const forbidden = []
document.addEventListener("securitypolicyviolation", e => forbidden.push(`${e.effectiveDirective} ${e.blockedURI}`))
const make = (tag, facts, ...children) => {
const made = Object.assign(document.createElement(tag), facts)
made.append(...children)
return made
}
const pause = ms => new Promise(go => setTimeout(go, ms))
const idOf = (stem, path) => stem + path.replace(/[^0-9A-Za-z]+/g, "-").replace(/^-|-$/g, "")
const add = (element, name, word) =>
element.setAttribute(name, [...new Set(`${element.getAttribute(name) || ""} ${word}`.trim().split(/ +/))].join(" "))
const drop = (element, name, word) => {
const left = (element.getAttribute(name) || "").split(/ +/).filter(each => each && each !== word)
left.length ? element.setAttribute(name, left.join(" ")) : element.removeAttribute(name)
}
const ask = async (address, facts) => {
const stop = new AbortController()
const timer = setTimeout(() => stop.abort(), PATIENCE_MS)
try {
const answer = await fetch(address, { credentials: "omit", signal: stop.signal, ...facts })
return [answer, await answer.json()]
} finally {
clearTimeout(timer)
}
}
const page = address => new Promise((found, lost) => {
const request = new XMLHttpRequest()
request.open("GET", address)
request.responseType = "document"
request.timeout = PATIENCE_MS
request.onload = () => request.status === 200 && request.response ? found(request.response) : lost()
request.onerror = request.ontimeout = lost
request.send()
})
class Part extends HTMLElement {
connectedCallback() {
const begin = () => this.begun || (this.begun = true, this.begin())
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin, { once: true })
else begin()
}
async begin() {
const told = (this.closest("[lang]") || {}).lang || "fr"
this.language = told.slice(0, 2).toLowerCase() === "en" ? "en" : "fr"
this.words = WORDS[this.language]
try {
this.form = this.querySelector("form") || await this.build()
if (this.form) this.enhance()
} catch (error) {
if (window.console) console.warn("relais.js", error)
}
}
say(name, n, max) {
return this.words[name].replace("{n}", n).replace("{max}", max)
}
get api() {
const action = this.form ? this.form.getAttribute("action") : ""
const known = action.match(/^(.*)\/(forms\/|newsletter|coaches)[^/]*$/) || HERE.match(/^(.*)\/kit\/relais\.js/)
return (this.getAttribute("api") || (known ? known[1] : "")).replace(/\/$/, "")
}
forbids(kinds) {
const { origin } = new URL(this.api, location.href)
return forbidden.some(each => kinds.test(each) && each.includes(origin))
}
async build() {
try {
const piece = (await page(`${this.api}/kit/${this.piece}?lang=${this.language}`)).querySelector(this.localName)
const anew = document.adoptNode(piece)
if (!this.hasAttribute("api")) this.setAttribute("api", anew.getAttribute("api"))
this.replaceChildren(...anew.childNodes)
return this.querySelector("form")
} catch {
if (!this.querySelector("a")) {
this.append(make("p", {}, this.words.not_shown + " ", make("a", { href: this.hosted, textContent: this.words.hosted })))
}
return null
}
}
}
class RelaisForm extends Part {
get piece() {
return this.getAttribute("form") || "eoi"
}
get hosted() {
const path = this.piece === "newsletter" ? "newsletter" : `forms/${this.piece}`
const invite = this.invite ? `&invite=${encodeURIComponent(this.invite)}` : ""
return `${this.api}/${path}?lang=${this.language}${invite}`
}
enhance() {
const form = this.form
form.noValidate = true
this.status = make("p", { className: "relais-status" })
this.status.setAttribute("role", "status")
this.button = form.querySelector(":not([hidden])>[type=submit]:not([formaction])")
const trap = form.querySelector("[name=website]")
this.stem = trap ? trap.id.slice(0, -7) : `${this.piece}-`
this.button.closest("p, div, form").after(this.status)
form.querySelectorAll("[data-rows]").forEach(list => this.enhanceRows(list))
form.addEventListener("change", () => this.update())
form.addEventListener("input", event => this.count(event.target))
form.addEventListener("submit", event => {
const elsewhere = event.submitter && event.submitter.hasAttribute("formaction")
if (event.defaultPrevented || this.plain || elsewhere) return
event.preventDefault()
this.send()
})
form.addEventListener("focusin", () => this.update(), { once: true })
this.restore()
form.addEventListener("input", () => this.keep())
form.addEventListener("change", () => this.keep())
this.takeKnown()
form.querySelectorAll("[data-max]").forEach(area => area.value && this.count(area))
if (form.elements.invite) this.takeInvitation()
this.tell()
}
async tell() {
try {
const [{ ok }, { paused }] = await ask(`${this.api}/kit/${this.piece}?lang=${this.language}&paused=1`, { cache: "no-cache" })
if (ok && paused) this.banner(this.form.getAttribute("aria-label"), paused)
} catch {}
}
get drawer() {
const field = this.form.elements.invite
const invite = new URLSearchParams(location.search).get("invite") || (field ? field.value : "")
return `relais ${this.api} ${this.piece} ${invite}`
}
typed() {
return [...this.form.elements].filter(each => each.name && !/hidden|submit|button/.test(each.type) && each.name !== "website")
}
keep() {
const kept = this.typed().filter(each => !/radio|checkbox/.test(each.type) || each.checked)
try {
sessionStorage.setItem(this.drawer, JSON.stringify(kept.map(each => [each.name, each.value])))
} catch {}
}
forget() {
try {
sessionStorage.removeItem(this.drawer)
} catch {}
}
restore() {
let kept
try {
kept = JSON.parse(sessionStorage.getItem(this.drawer))
} catch {}
if (!kept || !kept.length) return
const values = new Set(kept.map(pair => JSON.stringify(pair)))
this.typed().forEach(each => {
if (/radio|checkbox/.test(each.type)) each.checked = values.has(JSON.stringify([each.name, each.value]))
else each.value = (kept.find(([name]) => name === each.name) || [0, each.value])[1]
})
this.brought = new Set(this.typed().map(each => each.name))
const anew = make("button", { type: "button", className: "quiet", textContent: this.words.anew })
const box = make("p", { className: "relais-restored" }, this.words.restored + " ", anew)
box.setAttribute("role", "status")
anew.addEventListener("click", () => {
this.forget()
this.form.reset()
this.brought = 0
if (this.known) this.fill(this.known, "")
this.update()
box.remove()
this.typed()[0].focus()
})
this.lay(box)
}
lay(box) {
box.popover = "manual"
this.append(box)
if (box.showPopover) box.showPopover()
this.form.addEventListener("focusin", () => box.removeAttribute("popover"), { once: true })
}
update() {
const given = new FormData(this.form)
this.form.querySelectorAll("[data-of]").forEach(hint => {
const asked = document.getElementById(hint.dataset.of)
const control = asked && (asked.name ? asked : asked.querySelector("[name]"))
if (!control) return
const chosen = given.getAll(control.name)
const box = hint.closest(".field")
hint.hidden = chosen.some(each => hint.dataset.in.split(" ").includes(each))
box.hidden = !hint.hidden && !box.classList.contains("wrong")
})
this.form.querySelectorAll("[data-rows]").forEach(list => list.show())
}
count(area) {
if (!area.dataset.max) return
const hint = document.getElementById(`${area.id}-limit`)
const left = area.dataset.max - [...area.value].length
hint.textContent = left < 0 ? this.say("over", -left) : this.say("left", left)
hint.classList.toggle("error", left < 0)
}
another(row, number) {
const made = row.cloneNode(true)
made.querySelectorAll("*").forEach(each => {
for (const { name, value } of [...each.attributes]) {
if (!/^(id|name|for|aria-describedby|data-of)$/.test(name)) continue
each.setAttribute(name, value.split(`-${number - 1}-`).join(`-${number}-`).replace(`[${number - 1}]`, `[${number}]`))
}
if (/radio|checkbox/.test(each.type)) each.checked = false
else if (each.name) each.value = ""
})
const title = made.querySelector("legend").firstChild
title.data = title.data.replace(number, number + 1)
return made
}
enhanceRows(list) {
const folded = list.querySelector("details")
if (folded) {
folded.before(...folded.querySelectorAll(".row"))
folded.remove()
}
const elsewhere = list.querySelector("[formaction]")
if (elsewhere) elsewhere.parentNode.remove()
const rows = [...list.querySelectorAll(".row")]
const least = Math.max(+list.dataset.rows, 1)
const controls = row => [...row.querySelectorAll("input, select, textarea")]
for (let at = rows.length; at < list.dataset.most; at++) {
rows[at] = this.another(rows[at - 1], at)
rows[at - 1].after(rows[at])
}
list.querySelectorAll(".carried").forEach(known => {
known.remove()
known.querySelectorAll("input").forEach(({ name, value }) => this.put(name, value))
})
const blank = row => controls(row).every(each => /radio|checkbox/.test(each.type) ? !each.checked : !each.value)
const more = make("button", { type: "button", className: "quiet", textContent: this.words.add })
list.append(make("p", {}, more))
list.show = () => {
let shown = rows.filter(row => !row.hidden).length
rows.forEach((row, number) => { if (!blank(row)) shown = Math.max(shown, number + 1) })
rows.forEach((row, number) => { row.hidden = number >= Math.max(shown, least) })
more.hidden = rows.every(row => !row.hidden)
}
more.addEventListener("click", () => {
const row = rows.find(each => each.hidden)
row.hidden = false
list.show()
controls(row)[0].focus()
})
rows.forEach((row, number) => {
if (number < least) return
const away = make("button", { type: "button", className: "quiet", textContent: this.say("remove", number + 1) })
away.addEventListener("click", () => {
for (let at = number; at < rows.length; at++) {
const next = rows[at + 1] ? controls(rows[at + 1]) : []
controls(rows[at]).forEach((each, place) => {
if (/radio|checkbox/.test(each.type)) each.checked = !!next[place] && next[place].checked
else each.value = next[place] ? next[place].value : ""
})
}
const last = rows.filter(each => !each.hidden).pop()
last.hidden = true
this.update()
this.keep()
this.status.textContent = this.say("removed", number + 1)
more.focus()
})
row.append(make("p", {}, away))
})
rows.forEach((row, number) => { row.hidden = number >= least })
}
takeKnown() {
for (const [name, value] of new URLSearchParams(location.search)) {
const field = /^(assessment|coach)_id$/.test(name) && this.form.elements[name]
if (field && !field.value) field.value = value
}
}
async takeInvitation() {
const field = this.form.elements.invite
const invite = new URLSearchParams(location.search).get("invite")
this.invite = field.value
if (!invite || this.invite) return
field.value = this.invite = invite
const link = this.querySelector(".hosted a")
if (link) link.href = this.hosted
let answer, body
try {
[answer, body] = await ask(`${this.api}/forms/${this.piece}?lang=${this.language}&invite=${encodeURIComponent(invite)}`, { headers: { Accept: "application/json" } })
} catch {
return
}
if (!answer.ok) {
field.value = this.invite = ""
if (link) link.href = this.hosted
return this.refused(body)
}
this.form.querySelector(".gate").hidden = true
this.fill(this.known = body.values || {}, "")
this.update()
this.status.textContent = this.words.known
}
fill(values, before) {
for (const [key, value] of Object.entries(values)) {
const path = before ? `${before}.${key}` : key
if (Array.isArray(value)) {
value.forEach((each, number) => {
if (each && typeof each === "object") this.fill(each, `${path}[${number}]`)
else this.put(path, each) || this.put(`${path}[${number}]`, each)
})
} else this.put(path, value)
}
}
put(path, value) {
const controls = [...this.form.elements].filter(each => each.name === path)
for (const each of controls) {
if (each.type === "checkbox" || each.type === "radio") {
if (value === true ? each.value === "on" : each.value === String(value)) each.checked = true
} else if (!each.value && value !== null && !(this.brought && this.brought.has(path))) each.value = String(value)
}
return controls.length
}
async send() {
if (this.sending) return
this.sending = true
this.status.textContent = this.words.sending
this.button.setAttribute("aria-disabled", "true")
const given = new FormData(this.form)
given.set("started_at", Math.floor(performance.timeOrigin / 1000))
const texts = new URLSearchParams([...given].filter(([, value]) => typeof value === "string"))
const body = this.form.querySelector("[type=file]") ? given : texts
const text = texts.toString()
if (this.sent !== text) {
this.sent = text
this.key = [...crypto.getRandomValues(new Uint8Array(16))].map(each => each.toString(16).padStart(2, "0")).join("")
}
let answer, found
try {
[answer, found] = await ask(this.form.getAttribute("action"), {
method: "POST", body, headers: { Accept: "application/json", "Idempotency-Key": this.key },
})
} catch {
await this.sendPlainly()
}
this.sending = false
this.status.textContent = ""
this.button.removeAttribute("aria-disabled")
if (answer) answer.ok ? this.received(found) : this.refused(found)
}
async sendPlainly() {
await pause(100)
const byPolicy = this.forbids(/^(connect|default)-src/)
const online = navigator.onLine !== false
const there = online && !byPolicy && await fetch(`${this.api}/health`, { mode: "no-cors" }).then(() => true, () => false)
if (byPolicy || there || (online && this.failed)) {
this.plain = true
HTMLFormElement.prototype.submit.call(this.form)
await pause(500)
this.plain = false
if (!this.forbids(/^form-action/)) return
}
this.failed = true
this.banner(this.words.away, this.words.again)
}
banner(title, text, ...more) {
this.clear()
const box = make("div", { className: "summary", tabIndex: -1 }, make("h2", { textContent: title }), make("p", { textContent: text }), ...more)
box.setAttribute("role", "alert")
const link = make("a", { href: this.hosted, textContent: this.words.hosted })
if (!more.length) box.append(make("p", {}, link))
this.box = box
if (!this.sent) return this.lay(box)
this.form.before(box)
box.focus()
box.scrollIntoView({ block: "start" })
}
clear() {
if (this.box) this.box.remove()
this.form.querySelectorAll(".relais-error").forEach(each => {
const of = document.getElementById(each.dataset.for)
if (of) {
drop(of, "aria-describedby", each.id)
of.removeAttribute("aria-invalid")
}
each.closest(".field").classList.remove("wrong")
each.remove()
})
}
refused(problem) {
const errors = problem.errors || []
if (errors.length) {
const items = errors.map(error => ({ error, of: this.field(error) }))
const list = make("ul", {}, ...items.map(({ error, of }) => {
const text = [make("strong", { textContent: of ? this.label(of, error.field) : "" }), error.message]
if (!of) return make("li", {}, ...text)
const link = make("a", { href: `#${of.id}` }, ...text)
link.addEventListener("click", event => {
event.preventDefault()
this.unfold(of)
of.focus()
of.scrollIntoView({ block: "center" })
})
return make("li", {}, link)
}))
this.banner(this.words.attention, this.words.kept, list)
items.forEach(({ error, of }) => of && this.mark(of, error.message))
const first = items.find(({ of }) => of && of.closest("details"))
if (first) this.unfold(first.of)
} else {
const find = make("a", { href: `${this.api}/file?lang=${this.language}`, textContent: this.words.find_file })
const hosted = make("a", { href: this.hosted, textContent: this.words.hosted })
this.banner(problem.title || this.words.away, problem.detail || this.words.again, make("p", {}, ...(this.form.elements.invite ? [find, " · "] : []), hosted))
}
this.dispatchEvent(new CustomEvent("relais:refused", { bubbles: true, detail: problem }))
}
field({ field }) {
const id = idOf(this.stem, field)
if (field === "person" && !document.getElementById(id)) {
const box = make("input", { type: "checkbox", id, name: "person", value: "on" })
const choice = make("div", { className: "choice" }, box, make("label", { htmlFor: id, textContent: this.words.person }))
this.form.prepend(make("div", { className: "field" }, choice))
}
return field ? document.getElementById(id) : null
}
label(of, path) {
const found = of.tagName === "FIELDSET" ? of.querySelector("legend") : this.form.querySelector(`label[for="${of.id}"]`)
if (!found || path === "person") return ""
const copy = found.cloneNode(true)
copy.querySelectorAll(".opt").forEach(each => each.remove())
const row = /\[(\d+)\]\./.exec(path)
const text = copy.textContent.trim().replace(/^(.{1,99})\s.*$/s, (all, cut) => all.length > 100 ? `${cut}…` : all).replace(/\.$/, "") + (row ? ` (${this.say("row", +row[1] + 1)})` : "")
return text + (/\?$/.test(text) ? " " : this.language === "fr" ? "\u00a0: " : ": ")
}
unfold(of) {
for (let each = of; each && each !== this.form; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true
}
mark(of, message) {
const box = of.closest(".field")
for (let each = of; each && each !== this.form; each = each.parentElement) if (each.matches(".row, .field")) each.hidden = false
box.classList.add("wrong")
const error = make("p", { className: "error relais-error", id: `${of.id}-error`, textContent: message })
error.dataset.for = of.id
if (of === box) of.querySelector("legend").after(error)
else (of.closest(".choice") || of).before(error)
of.setAttribute("aria-invalid", "true")
add(of, "aria-describedby", error.id)
}
received(receipt) {
this.clear()
this.forget()
const detail = { form: this.piece, ...receipt }
if (!this.dispatchEvent(new CustomEvent("relais:sent", { bubbles: true, cancelable: true, detail }))) return
const back = this.form.elements.redirect && new URL(this.form.elements.redirect.value, location.href)
if (back && back.origin === location.origin) {
for (const name of ["form", "ref", "status"]) if (detail[name]) back.searchParams.set(name, detail[name])
return location.assign(back.href)
}
const { result, links, ref } = receipt
const done = make("div", { className: "relais-done", tabIndex: -1 })
done.setAttribute("role", "status")
done.append(make("h2", { textContent: result ? result.title : this.words.done }))
if (result) done.append(...this.result(result))
else done.append(make("p", { textContent: receipt.message }))
if (receipt.warnings) done.append(make("h3", { textContent: this.words.note }), this.list(receipt.warnings.map(each => each.message)))
if (links && ref) done.append(make("p", {}, make("a", { href: `${links.status}?lang=${this.language}`, textContent: this.words.receipt })))
this.form.replaceWith(done)
const hosted = this.querySelector(".hosted")
if (hosted) hosted.remove()
done.focus()
done.scrollIntoView({ block: "start" })
}
list(texts) {
return make("ul", {}, ...texts.map(textContent => make("li", { textContent })))
}
result(found) {
const shown = [make("p", { textContent: found.summary })]
const titled = (title, texts) => texts.length && shown.push(make("h3", { textContent: title }), this.list(texts))
titled(found.held_back_intro, found.held_back.map(each => each.label))
titled(this.words.advice, found.advice)
titled(this.words.next, found.next_steps)
found.actions.forEach(each => shown.push(make("p", {}, make("a", { href: each.url, textContent: each.label }))))
shown.push(make("p", { textContent: this.say("score", found.score, found.max) }))
shown.push(make("p", { className: "hint", textContent: `${found.disclaimer} ${found.talk}` }))
return shown
}
}
class RelaisCoaches extends Part {
get piece() {
return "coaches"
}
get hosted() {
return `${this.api}/coaches?lang=${this.language}`
}
enhance() {
this.found = make("div", { className: "relais-found" })
this.found.setAttribute("role", "status")
this.form.after(this.found)
let timer
this.form.addEventListener("input", () => {
clearTimeout(timer)
timer = setTimeout(() => this.search(false), PAUSE_MS)
})
this.form.addEventListener("submit", event => {
event.preventDefault()
clearTimeout(timer)
this.search(true)
})
}
async search(pressed) {
const asked = new URLSearchParams([...new FormData(this.form)].filter(([, value]) => value)).toString()
const address = this.form.getAttribute("action")
this.asked = asked
let answer, found
try {
[answer, found] = await ask(`${address}?${asked}`, { headers: { Accept: "application/json" } })
} catch {
if (pressed) HTMLFormElement.prototype.submit.call(this.form)
return
}
if (this.asked !== asked) return
this.found.replaceChildren()
if (!answer.ok) return this.found.append(make("p", { textContent: found.detail }))
this.found.append(make("h3", { textContent: found.total > 1 ? this.say("several", found.total) : this.words[found.total ? "one" : "none"] }))
const { left_out: left, did_you_mean: guesses, help } = found
const notes = [left, ...(guesses || []), ...((help || {}).unknown || [])]
notes.forEach(note => note && this.found.append(make("p", { textContent: note.message })))
this.found.append(make("ul", { className: "people" }, ...found.results.map(each => {
const about = [each.title, each.organization, each.city].filter(Boolean).join(" · ")
const name = make("a", { href: `${address}/${each.slug}?lang=${this.language}`, textContent: each.name })
return make("li", {}, make("strong", {}, name), make("br"), about, make("p", { textContent: each.excerpt || "" }))
})))
this.found.append(make("p", {}, make("a", { href: `${address}?${asked}`, textContent: this.words.all })))
this.dispatchEvent(new CustomEvent("relais:found", { bubbles: true, detail: found }))
}
}
customElements.define("relais-form", RelaisForm)
customElements.define("relais-coaches", RelaisCoaches)
})()
