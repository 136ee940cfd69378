// Makes an image smaller that is larger than readers should load, before it is sent. The page works without it.
document.querySelectorAll("[data-wide]").forEach(box => box.addEventListener("change", async () => {
  const QUALITY = 0.85 // of a JPEG: nobody sees what is lost
  const [file] = box.files, most = Number(box.dataset.bytes)
  const said = document.getElementById(box.dataset.said)
  const buttons = box.form.querySelectorAll("button")
  said.textContent = ""
  if (!file || file.size <= most || !window.createImageBitmap || !window.DataTransfer) return
  buttons.forEach(button => button.disabled = true)
  try {
    const image = await createImageBitmap(file)
    const part = Math.min(1, Number(box.dataset.wide) / Math.max(image.width, image.height))
    const canvas = document.createElement("canvas")
    canvas.width = Math.round(image.width * part)
    canvas.height = Math.round(image.height * part)
    const drawn = canvas.getContext("2d")
    drawn.fillStyle = "#fff" // a JPEG has nothing that can be seen through
    drawn.fillRect(0, 0, canvas.width, canvas.height)
    drawn.drawImage(image, 0, 0, canvas.width, canvas.height)
    const made = await new Promise(done => canvas.toBlob(done, "image/jpeg", QUALITY))
    if (made && made.size <= most) {
      const carried = new DataTransfer()
      carried.items.add(new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: made.type }))
      box.files = carried.files
      said.textContent = box.dataset.smaller.replace("{}", `${canvas.width} × ${canvas.height}`)
    }
  } catch {
    // What no browser can read is refused in words by the page that it is sent to.
  }
  buttons.forEach(button => button.disabled = false)
}))
