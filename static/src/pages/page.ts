// A page of words alone: the looks, and no figure.
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'
