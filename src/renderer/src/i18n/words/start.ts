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
  test: {
    title: 'Prova della postazione',
    begin: 'Fai la prova',
    again: 'Rifai la prova',
    heard: 'Sì, la sento',
    unheard: 'No, non la sento',
    step: { line: 'Telefono', microphone: 'Microfono', ringer: 'Suoneria', echo: 'Chiamata di prova' },
    state: {
      open: 'non ancora provato',
      running: 'in prova',
      passed: 'a posto',
      failed: 'non riuscito',
      skipped: 'non provato',
    },
    doing: {
      line: 'Chiedo al centralino…',
      microphone: 'Parla: ascolto per qualche secondo.',
      ringer: 'Senti la suoneria?',
      echo: 'Parla: la tua voce deve tornare.',
    },
    why: {
      'line-away': 'Il centralino non risponde. Controlla la rete; se dura, chiama l’assistenza.',
      'line-refused':
        'Il centralino rifiuta l’accesso. Esci ed entra di nuovo; se si ripete, chiama l’assistenza.',
      'line-elsewhere': 'Il tuo interno è su un’altra postazione. Riprendilo qui, poi rifai la prova.',
      'microphone-denied':
        'Il microfono non è permesso a questa pagina. Consentilo nel browser o nel sistema, poi rifai la prova.',
      'microphone-missing':
        'Nessun microfono si apre. Collega la cuffia, o chiudi il programma che lo usa, poi rifai la prova.',
      'microphone-refused':
        'Il microfono scelto è collegato ma non si apre: forse lo usa un altro programma. Chiudilo, o scegli un altro microfono, poi rifai la prova.',
      'microphone-silent':
        'Non si sente niente. Controlla il tasto muto della cuffia, o scegli un altro microfono.',
      'ringer-unheard':
        'Alza il volume o scegli un altro altoparlante nelle impostazioni, poi rifai la prova.',
      'echo-unknown': 'Questo centralino non ha un’eco da chiamare: prova con una collega.',
      'echo-unanswered': 'L’eco non risponde. Rifai la prova; se si ripete, chiama l’assistenza.',
      'echo-interrupted': 'Interrotta: rifalla quando vuoi.',
      'echo-no-sound': 'La chiamata parte ma non torna nessun suono: è la rete. Chiama l’assistenza.',
      'echo-silent':
        'La chiamata va, la voce no. Controlla il microfono scelto e il tasto muto della cuffia.',
    },
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
    keptTitle: 'La coda non ti passa telefonate',
    kept: {
      missed:
        'Alle {{since}} una telefonata ha squillato qui senza risposta. Quando ci sei, torna disponibile.',
      refused: 'Alle {{since}} hai rifiutato una telefonata. Quando puoi rispondere, torna disponibile.',
      unreachable:
        'Alle {{since}} una telefonata non ha raggiunto questa postazione. Prova microfono e suoneria, poi torna disponibile.',
      'desk-away': 'Dalle {{since}} la coda non vede questa postazione. Torna disponibile per riprovare.',
      'not-registered':
        'Dalle {{since}} il telefono non è collegato al centralino. Quando si ricollega, le telefonate tornano da sole.',
      'signed-in': 'La coda ha visto l’accesso, ma non ancora che ci sei. Torna disponibile per dirlo.',
      'no-voice':
        'Dalle {{since}} qui non c’è un microfono che si possa usare: appena torna, tornano le telefonate.',
      'session-ends': 'L’accesso sta finendo: la coda non passa altre telefonate a questa postazione.',
      other: 'Ti tiene fuori dalle {{since}}. Torna disponibile per riprovare.',
    },
    stillReadyTitle: 'La coda ti passa ancora telefonate',
    stillReadyBody:
      'Hai scelto «{{desired}}», ma per la coda sei disponibile dalle {{since}}. Sceglilo di nuovo.',
    unheardTitle: 'La coda non risponde',
    unheardBody:
      'Hai scelto «Disponibile». Dalle {{since}} la coda non dice se ti passa telefonate: la postazione si ricollega da sé.',
    differsUnknown:
      'Hai scelto «{{desired}}». La coda non risponde dalle {{since}}, e potrebbe pensare altro.',
    micDenied: 'Il browser non dà il microfono a questa pagina: chi chiama non ti sentirebbe.',
    micMissing: 'Non trovo nessun microfono: chi chiama non ti sentirebbe.',
    micPromptTitle: 'Il microfono è da permettere',
    micPrompt: 'Il browser lo chiede una volta sola: permettilo adesso, prima di dire che sei disponibile.',
    micAction: 'Apri le impostazioni audio',
    waiting: 'Da finire',
    unfinished: 'Conversazione non chiusa',
    goesOn: 'Se nessuno la chiude, il {{date}} si cancella da questa postazione.',
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
  test: {
    title: 'Test of this desk',
    begin: 'Run the test',
    again: 'Run it again',
    heard: 'Yes, I hear it',
    unheard: 'No, I do not',
    step: { line: 'Phone', microphone: 'Microphone', ringer: 'Ringer', echo: 'Test call' },
    state: {
      open: 'not tried yet',
      running: 'being tried',
      passed: 'all right',
      failed: 'did not work',
      skipped: 'not tried',
    },
    doing: {
      line: 'Asking the exchange…',
      microphone: 'Speak: I listen for some seconds.',
      ringer: 'Do you hear the ringer?',
      echo: 'Speak: your voice should come back.',
    },
    why: {
      'line-away': 'The exchange does not answer. Check the network; if it lasts, call support.',
      'line-refused': 'The exchange refuses the sign-in. Sign out and in again; if it repeats, call support.',
      'line-elsewhere': 'Your extension is on another desk. Take it back here, then run the test again.',
      'microphone-denied':
        'This page is not allowed the microphone. Allow it in the browser or the system, then run the test again.',
      'microphone-missing':
        'No microphone opens. Connect the headset, or close the program that uses it, then run the test again.',
      'microphone-refused':
        'The chosen microphone is connected but does not open: perhaps another program uses it. Close that, or choose another microphone, then run the test again.',
      'microphone-silent':
        'Nothing is heard. Check the mute key of the headset, or choose another microphone.',
      'ringer-unheard':
        'Turn up the volume or choose another loudspeaker in the settings, then run the test again.',
      'echo-unknown': 'This exchange has no echo to call: try with a colleague.',
      'echo-unanswered': 'The echo does not answer. Run the test again; if it repeats, call support.',
      'echo-interrupted': 'Interrupted: run it again when you like.',
      'echo-no-sound': 'The call is placed but no sound comes back: it is the network. Call support.',
      'echo-silent':
        'The call works, the voice does not. Check the chosen microphone and the headset’s mute key.',
    },
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
    keptTitle: 'The queue gives you no calls',
    kept: {
      missed: 'At {{since}} a call rang here and was not answered. When you are back, be available again.',
      refused: 'At {{since}} you declined a call. When you can answer, be available again.',
      unreachable:
        'At {{since}} a call did not reach this desk. Try microphone and ringer, then be available again.',
      'desk-away': 'Since {{since}} the queue has not seen this desk. Be available again to retry.',
      'not-registered':
        'Since {{since}} the phone has not been connected to the exchange. When it is, calls come back by themselves.',
      'signed-in': 'The queue knows that you signed in, not yet that you are here. Be available to say so.',
      'no-voice':
        'Since {{since}} there has been no microphone to use here: when it is back, so are the calls.',
      'session-ends': 'This sign-in is ending: the queue gives no more calls to this desk.',
      other: 'It has kept you out since {{since}}. Be available again to retry.',
    },
    stillReadyTitle: 'The queue still gives you calls',
    stillReadyBody:
      'You chose “{{desired}}”, but for the queue you have been available since {{since}}. Choose it again.',
    unheardTitle: 'The queue does not answer',
    unheardBody:
      'You chose “Available”. Since {{since}} the queue has not said whether it gives you calls: the desk reconnects by itself.',
    differsUnknown:
      'You chose “{{desired}}”. The queue has not answered since {{since}} and may think otherwise.',
    micDenied: 'The browser does not give this page the microphone: callers would not hear you.',
    micMissing: 'No microphone was found: callers would not hear you.',
    micPromptTitle: 'The microphone needs your permission',
    micPrompt: 'The browser asks for it once: allow it now, before you say that you are available.',
    micAction: 'Open the audio settings',
    waiting: 'To finish',
    unfinished: 'Conversation not closed',
    goesOn: 'If nobody closes it, it is deleted from this desk on {{date}}.',
    open: 'Open',
    hint: 'Keep in mind today',
    hintAction: 'Read the card',
  },
}
