// The net of tests/bench/training.py in ConvNetJS, whose build is named; prints seconds an image.
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const convnetjs = require(process.argv[2])
const net = new convnetjs.Net()
net.makeLayers([
  { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 },
  { type: 'conv', sx: 5, filters: 8, stride: 1, pad: 2, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'conv', sx: 5, filters: 16, stride: 1, pad: 2, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'softmax', num_classes: 10 },
])
const trainer = new convnetjs.SGDTrainer(net, { learning_rate: 0.01, momentum: 0.9, batch_size: 32, l2_decay: 0 })
let seed = 1
const draw = () => (seed = (seed * 16807) % 2147483647) / 2147483647
const pictures = Array.from({ length: 64 }, () => {
  const vol = new convnetjs.Vol(28, 28, 1, 0)
  for (let i = 0; i < 784; i++) vol.w[i] = draw()
  return vol
})
const epoch = () => pictures.forEach((vol, i) => trainer.train(vol, i % 10))
epoch()
const times = Array.from({ length: 5 }, () => {
  const begun = process.hrtime.bigint()
  epoch()
  return Number(process.hrtime.bigint() - begun) / 1e9 / pictures.length
})
console.log(times.sort((a, b) => a - b)[2])
