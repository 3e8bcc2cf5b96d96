import type { Same } from '../same.ts'

/** Sign-in and the desk at rest. */
export const it = {
  signIn: {
    title: 'Ascolto',
    learn: 'I tasti che servono di più',
    body: 'La postazione di chi risponde per la città.',
    action: 'Entra',
    again: 'Entra di nuovo',
    going: 'Ti porto alla pagina di accesso…',
    inBrowser: 'La pagina di accesso si è aperta nel browser. Torna qui quando hai finito.',
    signingIn: 'Controllo l’accesso…',
    crmAway: 'Per entrare serve il CRM. Chi era già entrato su questo computer può continuare anche senza.',
  },
  idle: {
    readyTitle: 'Disponibile',
    readyBody: 'La prossima telefonata squilla qui. Chi chiama si vede prima di rispondere.',
    notReadyTitle: 'Non disponibile',
    notReadyBody: 'La coda non ti passa telefonate. Motivo: {{reason}}.',
    goReady: 'Torna disponibile',
    startTitle: 'Buon turno, {{name}}',
    startBody: 'Quando sei a posto, di’ che ci sei: da quel momento squilla qui.',
    start: 'Comincia a rispondere',
    tryAudio: 'Prova microfono e suoneria',
    pause: 'Non disponibile per',
    differs: 'Hai scelto «{{desired}}», ma la coda ti tiene su «{{engine}}» dalle {{since}}.',
    differsUnknown:
      'Hai scelto «{{desired}}». La coda non risponde dalle {{since}}, e potrebbe pensare altro.',
    micDenied: 'Il browser non dà il microfono a questa pagina: chi chiama non ti sentirebbe.',
    micMissing: 'Non trovo nessun microfono: chi chiama non ti sentirebbe.',
    micPrompt:
      'Il browser chiederà il microfono alla prima telefonata: permettilo adesso, così chi chiama non aspetta.',
    micAction: 'Apri le impostazioni audio',
    waiting: 'Da finire',
    unfinished: 'Conversazione non chiusa',
    open: 'Apri',
    hint: 'Da tenere a mente oggi',
    hintAction: 'Leggi la scheda',
  },
}

export const en: Same<typeof it> = {
  signIn: {
    title: 'Ascolto',
    learn: 'The keys you need most',
    body: 'The desk of those who answer for the city.',
    action: 'Sign in',
    again: 'Sign in again',
    going: 'Taking you to the sign-in page…',
    inBrowser: 'The sign-in page has opened in the browser. Come back here when you are done.',
    signingIn: 'Checking the sign-in…',
    crmAway: 'Signing in needs the CRM. Whoever was signed in on this computer can go on without it.',
  },
  idle: {
    readyTitle: 'Available',
    readyBody: 'The next call rings here. You see who is calling before you answer.',
    notReadyTitle: 'Not available',
    notReadyBody: 'The queue does not offer you calls. Reason: {{reason}}.',
    goReady: 'Be available',
    startTitle: 'Have a good shift, {{name}}',
    startBody: 'When you are settled, say that you are here: from then on it rings here.',
    start: 'Start answering',
    tryAudio: 'Try microphone and ringer',
    pause: 'Not available for',
    differs: 'You chose “{{desired}}”, but the queue keeps you at “{{engine}}” since {{since}}.',
    differsUnknown:
      'You chose “{{desired}}”. The queue has not answered since {{since}} and may think otherwise.',
    micDenied: 'The browser does not give this page the microphone: callers would not hear you.',
    micMissing: 'No microphone was found: callers would not hear you.',
    micPrompt:
      'The browser will ask for the microphone at the first call: allow it now, so that nobody waits.',
    micAction: 'Open the audio settings',
    waiting: 'To finish',
    unfinished: 'Conversation not closed',
    open: 'Open',
    hint: 'Keep in mind today',
    hintAction: 'Read the card',
  },
}
