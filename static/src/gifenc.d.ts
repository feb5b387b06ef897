declare module 'gifenc' {
  type Palette = number[][]
  type Encoder = {
    writeFrame: (
      pixels: Uint8Array,
      width: number,
      height: number,
      options: { palette: Palette; delay: number },
    ) => void
    finish: () => void
    bytes: () => Uint8Array<ArrayBuffer>
  }
  export function GIFEncoder(): Encoder
  export function quantize(pixels: Uint8ClampedArray, colours: number): Palette
  export function applyPalette(pixels: Uint8ClampedArray, palette: Palette): Uint8Array
}
