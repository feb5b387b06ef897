// The REST calls, to read and to try. Swagger UI comes from the lock file and asks no other host.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-bundle.js'
import 'swagger-ui-dist/swagger-ui.css'
import { theme } from '../page/theme.svelte'
import '../page/page'

const root = document.querySelector<HTMLElement>('#docs')!

type Schema = { anyOf?: Schema[]; type?: string; nullable?: true }

/** What may be null, in the words of OpenAPI 3.0. */
function asOlder(key: string, part: Schema | null): unknown {
  if (key === 'openapi') return '3.0.3'
  const rest = part?.anyOf?.filter(({ type }) => type !== 'null')
  return rest && rest.length < (part?.anyOf?.length ?? 0) ? { ...part, anyOf: rest, nullable: true } : part
}

/** Of a document that says 3.1 Swagger UI resolves all anew whenever a call is opened, for seconds. */
function quick(response: { url: string; text: string }): typeof response {
  if (response.url.endsWith(root.dataset.openapi ?? ''))
    response.text = JSON.stringify(JSON.parse(response.text, asOlder))
  return response
}

SwaggerUI({
  url: root.dataset.openapi,
  domNode: root,
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  responseInterceptor: quick,
  // Colouring an answer of 100 KB takes seconds.
  syntaxHighlight: { activated: false },
})

// Swagger UI has dark colours of its own.
$effect.root(() => {
  $effect(() => void document.documentElement.classList.toggle('dark-mode', theme.dark))
})
