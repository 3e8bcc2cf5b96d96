import type { Same } from '../same.ts'

export const it = {
  product: 'Ascolto',
  today: 'oggi',
  yesterday: 'ieri',
  now: 'adesso',
  back: 'Indietro',
  close: 'Chiudi',
  loading: 'Sto leggendo',
  change: 'Cambia',
  saved: 'salvata',
  saving: 'salvo…',
  notSaved: 'non ancora salvata',
  waits: 'aspetta',
  withheldNumber: 'Numero nascosto',
  boot: 'Apro la postazione',
  crash: {
    title: 'Questa parte della pagina si è fermata.',
    body: 'La telefonata e quello che hai scritto sono al sicuro sulla postazione. Riapri la pagina per continuare.',
    action: 'Riapri la pagina',
  },
  link: {
    lost: 'La pagina non è più collegata alla postazione.',
    lostBody:
      'Una telefonata in corso può continuare. Quello che hai scritto è salvato fino all’ultima conferma. Riprovo da sola.',
    stale: 'La postazione è stata riavviata.',
    staleBody:
      'Questa finestra è di prima e non può più comandarla. Apri di nuovo Ascolto dal suo indirizzo.',
    reload: 'Ricarica la pagina',
  },
}

export const en: Same<typeof it> = {
  product: 'Ascolto',
  today: 'today',
  yesterday: 'yesterday',
  now: 'now',
  back: 'Back',
  close: 'Close',
  loading: 'Reading',
  change: 'Change',
  saved: 'saved',
  saving: 'saving…',
  notSaved: 'not saved yet',
  waits: 'waiting',
  withheldNumber: 'Withheld number',
  boot: 'Opening the desk',
  crash: {
    title: 'This part of the page has stopped.',
    body: 'The call and what you typed are safe on the desk. Open the page again to go on.',
    action: 'Open the page again',
  },
  link: {
    lost: 'The page has lost its desk.',
    lostBody:
      'A call that is going on may continue. What you typed is kept up to the last confirmation. Trying again by itself.',
    stale: 'The desk was started anew.',
    staleBody:
      'This window is from before and cannot command it any more. Open Ascolto again from its address.',
    reload: 'Reload the page',
  },
}
