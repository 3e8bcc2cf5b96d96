import { ipcRenderer } from 'electron'
import { handOverPorts } from './hand-over.ts'

handOverPorts(window, ipcRenderer)
