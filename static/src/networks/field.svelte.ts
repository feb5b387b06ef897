/** The unit that one looks at; null for the one in the middle. */
export class Spot {
  unit = $state.raw<number[] | null>(null)

  constructor(unit: number[] | null) {
    this.unit = unit
  }
}
