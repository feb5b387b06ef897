// A small net as TensorFlow Playground trains it: an object a unit and a link, sample after sample,
// what a batch gathers applied at its end, the local gradient found from the unit's sum. Written
// from how it works; prints seconds a sample.
const tanh = {
  output: (x) => Math.tanh(x),
  local: (x) => {
    const out = tanh.output(x)
    return 1 - out * out
  },
}

class Unit {
  constructor(draw) {
    this.bias = draw()
    this.into = []
    this.from = []
    this.total = this.out = this.byOut = this.byIn = this.gathered = this.seen = 0
  }
}

class Link {
  constructor(source, target, draw) {
    Object.assign(this, { source, target, weight: draw(), gradient: 0, gathered: 0, seen: 0 })
    source.from.push(this)
    target.into.push(this)
  }
}

function built(sizes, draw) {
  const layers = sizes.map((size) => Array.from({ length: size }, () => new Unit(draw)))
  for (let i = 1; i < layers.length; i++)
    for (const target of layers[i]) for (const source of layers[i - 1]) new Link(source, target, draw)
  return layers
}

function forward(layers, x) {
  layers[0].forEach((unit, i) => (unit.out = x[i]))
  for (let i = 1; i < layers.length; i++)
    for (const unit of layers[i]) {
      unit.total = unit.bias
      for (const link of unit.into) unit.total += link.weight * link.source.out
      unit.out = tanh.output(unit.total)
    }
}

function backward(layers, wanted) {
  const [last] = layers.at(-1)
  last.byOut = last.out - wanted
  for (let i = layers.length - 1; i > 0; i--) {
    for (const unit of layers[i]) {
      unit.byIn = unit.byOut * tanh.local(unit.total)
      unit.gathered += unit.byIn
      unit.seen++
      for (const link of unit.into) {
        link.gradient = unit.byIn * link.source.out
        link.gathered += link.gradient
        link.seen++
      }
    }
    if (i > 1)
      for (const unit of layers[i - 1]) {
        unit.byOut = 0
        for (const link of unit.from) unit.byOut += link.weight * link.target.byIn
      }
  }
}

function update(layers, rate) {
  for (const layer of layers.slice(1))
    for (const unit of layer) {
      unit.bias -= (rate * unit.gathered) / unit.seen
      unit.gathered = unit.seen = 0
      for (const link of unit.into) {
        link.weight -= (rate * link.gathered) / link.seen
        link.gathered = link.seen = 0
      }
    }
}

function epochs(layers, points, batch, count) {
  for (let epoch = 0; epoch < count; epoch++) {
    points.forEach(([x, wanted], i) => {
      forward(layers, x)
      backward(layers, wanted)
      if ((i + 1) % batch === 0) update(layers, 0.03)
    })
  }
}

const [batch, sizes] = [Number(process.argv[2]), process.argv[3].split('-').map(Number)]
let seed = 1
const draw = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5
const points = Array.from({ length: 250 }, () => [[10 * draw(), 10 * draw()], draw() > 0 ? 1 : -1])
const layers = built(sizes, draw)
epochs(layers, points, batch, 400) // until it is compiled
const times = Array.from({ length: 9 }, () => {
  const begun = process.hrtime.bigint()
  epochs(layers, points, batch, 200)
  return Number(process.hrtime.bigint() - begun) / 1e9 / 200 / points.length
})
console.log(times.sort((a, b) => a - b)[4])
