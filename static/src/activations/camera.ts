/** The camera, asked for when it is opened and let go when it is closed. */
export class Camera {
  #stream: MediaStream | null = null
  closed = false

  /** Shows it in a video; what is to be said where that cannot be, else nothing. */
  async open(video: HTMLVideoElement, facing: 'user' | 'environment'): Promise<string> {
    // Browsers give a camera to https and localhost only.
    if (!navigator.mediaDevices) return 'This browser gives a camera to https addresses only.'
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, facingMode: facing } })
    } catch {
      return 'There is no camera, or it may not be used.'
    }
    // It was closed while one was asked.
    if (this.closed) this.close()
    else {
      video.srcObject = this.#stream
      await video.play()
    }
    return ''
  }

  close(): void {
    this.closed = true
    this.#stream?.getTracks().forEach((track) => track.stop())
  }
}

export const PERMISSION = 'Waiting for your permission …'
