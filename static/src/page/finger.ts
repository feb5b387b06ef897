/** What a finger presses is so many pixels wide and high; touch.css says the same of all that CSS sizes. */
export const FINGER = 44

/** Whether fingers are what presses here: the condition of the rules in touch.css. */
export const byFinger = (): boolean => matchMedia('(max-width: 600px), (pointer: coarse)').matches
