// Runs before the first paint, so that a dark page never flashes white. The link wins over what was chosen before.
;(function () {
  var root = document.documentElement
  var link = new URLSearchParams(location.search)
  var kept = null
  var projector = link.get('projector')
  try {
    kept = localStorage.getItem('theme')
    if (projector) sessionStorage.setItem('projector', projector)
    else projector = sessionStorage.getItem('projector')
    // A page that grows out of another (levels.ts) is shown once that which grows is there.
    if (sessionStorage.getItem('growing')) {
      sessionStorage.removeItem('growing')
      root.dataset.growing = ''
      var wait = document.createElement('link')
      wait.rel = 'expect'
      wait.href = '#main'
      wait.setAttribute('blocking', 'render')
      document.head.append(wait)
    }
  } catch {
    // Storage may be switched off; the system's choice stands then.
  }
  var theme = link.get('theme') || kept
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
  else if (theme === 'projector') root.dataset.projector = ''
  if (projector === '1') root.dataset.projector = ''
  root.dataset.script = ''
})()
