import { createRoot } from 'react-dom/client'
import '../ui/base.css'
import { connect } from '../host/connection.ts'
import { startI18n } from '../i18n/i18n.ts'
import { listenForShortcuts } from '../ui/shortcuts.ts'
import { App } from './app.tsx'
import { rememberedLook } from './look.ts'

const look = rememberedLook()
startI18n(look.language)
listenForShortcuts()

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
createRoot(root).render(<App connection={connect()} />)
