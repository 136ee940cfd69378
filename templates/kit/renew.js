// Renews an offer of the bucket that is over, before a document is sent: the bucket would answer in XML, and the
// file have to be chosen once more. The page works without it.
(() => {
  const offer = document.getElementById("offer"), renew = document.getElementById("renew")
  if (!window.fetch) return
  const SPARE_MS = 60000
  // By the clock of the service, and by how long the page is open: a visitor's clock may be wrong.
  const ends = Math.min(offer.dataset.until * 1000, Date.now() + offer.dataset.seconds * 1000) - SPARE_MS
  const send = form => HTMLFormElement.prototype.submit.call(form)
  offer.addEventListener("submit", async event => {
    if (Date.now() < ends) return
    event.preventDefault()
    try {
      const answer = await fetch(renew.getAttribute("action"), {
        method: "POST",
        credentials: "omit",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(renew)),
      })
      const { fields } = await answer.json()
      for (const name in fields) offer.elements[name].value = fields[name]
      send(offer)
    } catch {
      send(renew)
    }
  })
})()
