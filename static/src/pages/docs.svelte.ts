// The REST calls, to read and to try. Swagger UI comes from the lock file and asks no other host.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-bundle.js'
import 'swagger-ui-dist/swagger-ui.css'
import { theme } from '../page/theme.svelte'
import '../page/page'

const root = document.querySelector<HTMLElement>('#docs')!

SwaggerUI({
  url: root.dataset.openapi,
  domNode: root,
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // Colouring an answer of 100 KB takes seconds.
  syntaxHighlight: { activated: false },
})

// Swagger UI has dark colours of its own.
$effect.root(() => {
  $effect(() => void document.documentElement.classList.toggle('dark-mode', theme.dark))
})
