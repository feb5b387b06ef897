// What the figures on networks look like.
import '../expressions/panels.css'
import '../figure/player.css'
import './network-drawing.css'
import './network-building.css'
import './receptive-field.css'
import './compare.css'
import './gradients.css'
import './network.css'
