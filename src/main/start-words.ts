import type { FaultData } from '#contract/errors.ts'

/** Why a desk cannot run, for whoever started it: no page is there yet to say it. Each names what to do. */
const reasons: Partial<Record<FaultData['code'], { it: string; en: string }>> = {
  'key-missing': {
    it: 'Il portachiavi del sistema non è disponibile o non apre i dati di questo desk.',
    en: 'The system’s keyring is not available, or does not open this desk’s data.',
  },
  'data-locked': {
    it: 'La cartella dei dati è in uso da un altro desk.',
    en: 'Another desk is using the data folder.',
  },
  'outbox-corrupt': {
    it: 'Il file degli invii (outbox.db) è danneggiato o di un’altra chiave. Non è stato toccato: fanne una copia e chiama chi gestisce il sistema.',
    en: 'The outbox (outbox.db) is damaged or of another key. It was not touched: copy it and call whoever runs the system.',
  },
  'cache-newer': {
    it: 'I dati di questo desk sono di una versione più nuova del programma. Non sono stati toccati: aggiorna Ascolto.',
    en: 'The data of this desk are of a newer version than the program. They were not touched: update Ascolto.',
  },
  'other-crm': {
    it: 'I dati di questa cartella sono di un altro CRM (l’indirizzo è sotto). Niente è stato inviato, niente è perso: avvia con quell’indirizzo, o con un’altra cartella.',
    en: 'The data of this folder belong to another CRM (its address is below). Nothing was sent and nothing is lost: start with that address, or with another folder.',
  },
  'configuration-invalid': {
    it: 'Un file di configurazione non si legge.',
    en: 'A configuration file cannot be read.',
  },
}

const general = { it: 'Il desk non può partire.', en: 'The desk cannot start.' }

/** Both languages, then what is known of it: parameters and the code to tell on the phone. */
export function startWords(fault: FaultData): string {
  const { it, en } = reasons[fault.code] ?? general
  const params = Object.entries(fault.params).map(([name, value]) => `${name}: ${value}`)
  return [it, en, ...params, `${fault.kind}: ${fault.code}`].join('\n')
}
