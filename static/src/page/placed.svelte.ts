/** Of a view that comes in parts: whether each has had its place once. Nothing of it is seen before. */
export function placed(each: () => boolean): { readonly yet: boolean } {
  let yet = $state(false)
  $effect(() => {
    if (each()) yet = true
  })
  return {
    get yet() {
      return yet
    },
  }
}
