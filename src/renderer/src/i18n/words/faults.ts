import type { ErrorCode } from '#contract/errors.ts'

export const it = {
  unexpected: 'Qualcosa non ha funzionato, e non per colpa tua. È scritto nel registro della postazione.',
  'input-invalid': 'La postazione non ha accettato questi dati. Controlla i campi.',
  'signed-out': 'L’accesso è scaduto. Entra di nuovo.',
  'sign-in-failed': 'L’accesso non è riuscito. Riprova.',
  'wrong-password': 'Nome o password non corrispondono.',
  'role-missing': 'Il tuo ruolo non permette questa operazione.',
  'crm-away': 'Il CRM non risponde.',
  'crm-refused': 'Il CRM non ha accettato.',
  'phone-away': 'Il telefono non è collegato al centralino.',
  'phone-refused': 'Il centralino non ha accettato questo interno.',
  'call-gone': 'La chiamata non c’è più.',
  'call-illegal-move': 'In questo momento la chiamata non lo permette.',
  'call-replaced':
    'Quella di prima è finita proprio in quel momento, e la chiamata che ha preso il suo posto è rimasta com’era.',
  'call-live': 'Una chiamata è ancora aperta: uscendo cadrebbe.',
  'calls-too-many': 'Ci sono già troppe chiamate aperte.',
  'number-invalid': 'Questo numero non esiste.',
  'redial-empty': 'Non hai ancora composto nessun numero.',
  'transfer-refused': 'Il trasferimento non è riuscito. Chi chiama è di nuovo con te.',
  'media-elsewhere': 'La voce è in un’altra finestra.',
  'microphone-denied': 'Il browser non dà il microfono a questa pagina.',
  'microphone-missing': 'Non trovo nessun microfono.',
  'no-media-end': 'Nessuna finestra può portare la voce adesso.',
  'slot-taken': 'Il posto è stato preso da un altro sportello.',
  'slot-gone': 'Questo posto non esiste più.',
  'hold-expired': 'Il posto non è più tenuto per te: il tempo è scaduto.',
  'hold-longest':
    'Più di {{minutes}} minuti in tutto un posto non si tiene. Conferma finché è tenuto: poi torna libero.',
  'lease-expired': 'I posti prestati a questa postazione sono scaduti.',
  'proposal-expired': 'Il termine per confermare questo appuntamento è passato.',
  'appointment-settled': 'Questo appuntamento nel frattempo è già stato chiuso o cambiato.',
  'appointment-changed': 'Un’altra postazione ha spostato o confermato questo appuntamento nel frattempo.',
  'renewal-too-early':
    'Il rinnovo si prenota solo negli ultimi {{days}} giorni prima della scadenza. Se il motivo è un altro, indicalo accanto alla scadenza.',
  'appointment-begun':
    'L’ora di questo appuntamento è passata: non si disdice e non si sposta più. Se serve ancora, prenotane uno nuovo; com’è andata lo annota lo sportello.',
  'appointment-to-come': 'È presto per dirlo: l’appuntamento deve ancora venire.',
  'appointment-of-another':
    'Questo appuntamento è di un’altra persona: non è cambiato. Torna prima da chi lo ha.',
  'office-was-closed':
    'A quell’ora l’ufficio era chiuso: non è una mancata presentazione. L’appuntamento si annulla per conto dell’ufficio.',
  'office-closed-then':
    'A quell’ora l’ufficio è chiuso: non si invita nessuno a presentarsi. L’appuntamento va spostato o disdetto.',
  'closure-too-old': 'Una chiusura si registra entro {{days}} giorni dal suo inizio.',
  'service-booked': 'La persona ha già un appuntamento per questo servizio.',
  'recovery-too-far': 'Il recupero deve cominciare entro {{days}} giorni: oltre non ci sono ancora posti.',
  'recovery-too-brief':
    'I posti del recupero sarebbero di tutti prima di esserci: la precedenza deve durare almeno fino al {{day}}.',
  'citizen-gone': 'Questa persona non è più nell’anagrafe del CRM.',
  'citizen-exists': 'Questa persona c’è già.',
  'citizen-stale': 'Un altro ha cambiato questo dato nel frattempo.',
  'citizen-merged': 'Questa persona è già unita a un’altra.',
  'merge-final':
    'L’unione non si può più annullare: com’erano le due schede è stato cancellato dopo il suo termine.',
  'citizen-unidentified': 'In questa conversazione l’identità della persona non è ancora verificata.',
  'identity-taken': 'Questa identità WhatsApp è già di un’altra persona.',
  'contact-gone': 'Questa conversazione non c’è più.',
  'contact-closed': 'Questa conversazione è già chiusa.',
  'ticket-gone': 'Questa richiesta non c’è più, o adesso l’ha un gruppo di cui non vedi le richieste.',
  'files-full': 'Su questa postazione aspettano già troppi file. Aggiungi questo quando il CRM li ha presi.',
  'ticket-exists': 'Con questo codice c’è già un’altra richiesta.',
  'ticket-refused':
    'La richiesta nel frattempo è cambiata, e così com’è non lo permette. Il tuo testo è salvo.',
  'team-unknown': 'Questo gruppo non c’è più.',
  'account-stale':
    'Un altro ha cambiato questo utente nel frattempo: ora lo vedi com’è adesso. Controlla e riprova.',
  'account-own':
    'Non puoi disattivare te stesso né toglierti il ruolo di amministratore: lo può fare un altro amministratore.',
  'account-outside':
    'Questa persona entra con il sistema di accesso della città: password, ruoli, gruppi e interno si cambiano lì.',
  'login-taken': 'Questo nome utente è già di un altro.',
  'extension-taken': 'Questo interno è già di un altro.',
  'attachment-refused':
    'Il file non è stato preso: solo PDF, immagini e testo fino a 10 MB, e niente di infetto.',
  'attachments-too-many': 'Questa richiesta ha già troppi allegati.',
  'stream-reset': 'La postazione ha ricominciato la numerazione degli invii. Niente è perso.',
  'draft-stale': 'Un’altra finestra ha salvato nel frattempo. Ho unito i testi.',
  'draft-unconfirmed': 'Qui c’è ancora qualcosa di non confermato: riprendilo o scartalo, poi chiudi.',
  'draft-full':
    'Nella bozza di questa richiesta non c’è posto per il testo che torna. Prima invia o accorcia la bozza; il testo resta qui.',
  'cache-newer':
    'I dati su questo disco sono di una versione più nuova del programma. Non li tocco: aggiorna il programma.',
  'cache-corrupt': 'La copia locale dei dati è rovinata. Non la tocco: quello che aspetta l’invio è salvo.',
  'cache-ready': 'La copia locale dei dati è in ordine: non c’è niente da rifare.',
  'other-crm':
    'A questo indirizzo risponde un altro CRM. I dati di questa postazione sono di {{address}}: non gli mando niente, e niente è perso.',
  'device-wiped':
    'Il centro ha svuotato questa postazione: qui non c’è più niente. Entra di nuovo per ricominciare.',
  'outbox-corrupt': 'Il registro degli invii è rovinato. Chiama l’assistenza prima di continuare.',
  'key-missing': 'Manca la chiave che apre i dati di questa postazione.',
  'data-locked': 'I dati sono già aperti da un’altra copia del programma.',
  'record-not-found': 'Non trovo questa scheda.',
  'request-too-large': 'Il testo è troppo lungo.',
  'rate-limited': 'Troppi tentativi. Aspetta un momento.',
  'capability-missing': 'Questa postazione non lo sa fare.',
  'configuration-invalid': 'La configurazione ha un errore.',
  'unavailable-now': 'La postazione non risponde in questo momento.',
} satisfies Record<ErrorCode, string>

export const en: Record<ErrorCode, string> = {
  unexpected: 'Something did not work, through no fault of yours. It is in the desk’s log.',
  'input-invalid': 'The desk did not accept this. Check the fields.',
  'signed-out': 'Your sign-in has ended. Sign in again.',
  'sign-in-failed': 'The sign-in did not work. Try again.',
  'wrong-password': 'Name and password do not match.',
  'role-missing': 'Your role does not allow this.',
  'crm-away': 'The CRM does not answer.',
  'crm-refused': 'The CRM did not accept it.',
  'phone-away': 'The phone is not connected to the exchange.',
  'phone-refused': 'The exchange did not accept this extension.',
  'call-gone': 'The call is no longer there.',
  'call-illegal-move': 'The call does not allow this now.',
  'call-replaced':
    'The one before ended at that very moment, and the call that took its place was left as it was.',
  'call-live': 'A call is still open: signing out would cut it off.',
  'calls-too-many': 'Too many calls are open already.',
  'number-invalid': 'This number does not exist.',
  'redial-empty': 'You have not dialled a number yet.',
  'transfer-refused': 'The transfer did not work. The caller is with you again.',
  'media-elsewhere': 'The voice is in another window.',
  'microphone-denied': 'The browser does not give this page the microphone.',
  'microphone-missing': 'No microphone was found.',
  'no-media-end': 'No window can carry the voice now.',
  'slot-taken': 'Another desk has taken the slot.',
  'slot-gone': 'This slot does not exist any more.',
  'hold-expired': 'The slot is no longer held for you: its time is over.',
  'hold-longest':
    'A slot is held for {{minutes}} minutes in all, and no longer. Confirm while it is held: then it is free again.',
  'lease-expired': 'The slots lent to this desk have expired.',
  'proposal-expired': 'The day by which to confirm this appointment has passed.',
  'appointment-settled': 'This appointment has been closed or changed meanwhile.',
  'appointment-changed': 'Another desk has moved or confirmed this appointment meanwhile.',
  'renewal-too-early':
    'A renewal is booked only in the last {{days}} days before the document expires. If the reason is another one, say so beside the date.',
  'appointment-begun':
    'The hour of this appointment has passed: it is not cancelled or moved any more. If it is still needed, book another one; what became of it the counter notes.',
  'appointment-to-come': 'It is too early to say: the appointment is still to come.',
  'appointment-of-another':
    'This appointment is somebody else’s: it has not been changed. Turn to whoever has it first.',
  'office-was-closed':
    'The office was closed at that time: nobody failed to come. The appointment is cancelled on behalf of the office.',
  'office-closed-then':
    'The office is closed at that time: nobody is invited to come. The appointment has to be moved or cancelled.',
  'closure-too-old': 'A closure is recorded within {{days}} days of its beginning.',
  'service-booked': 'The person has an appointment for this service already.',
  'recovery-too-far': 'The recovery must begin within {{days}} days: there are no slots yet beyond them.',
  'recovery-too-brief':
    'The slots of the recovery would be everybody’s before they exist: those affected must come first until {{day}} at least.',
  'citizen-gone': 'This person is no longer in the CRM.',
  'citizen-exists': 'This person is already there.',
  'citizen-stale': 'Somebody else changed this meanwhile.',
  'citizen-merged': 'This person is joined with another already.',
  'merge-final':
    'The joining cannot be undone any more: how the two records were has been deleted after its term.',
  'citizen-unidentified': 'This person has not been identified in this conversation yet.',
  'identity-taken': 'This WhatsApp identity is another person’s already.',
  'contact-gone': 'This conversation is no longer there.',
  'contact-closed': 'This conversation is already closed.',
  'ticket-gone': 'This request is no longer there, or a team has it now whose requests you do not see.',
  'files-full': 'Too many files wait on this desk already. Add this one when the CRM has taken them.',
  'ticket-exists': 'There is another request under this code.',
  'ticket-refused':
    'The request has changed meanwhile and does not allow this as it stands. Your text is kept.',
  'team-unknown': 'This team is no longer there.',
  'account-stale':
    'Somebody else changed this user meanwhile: you see them as they are now. Check, and try again.',
  'account-own':
    'You cannot deactivate yourself or take the role of administrator from yourself: another administrator can.',
  'account-outside':
    'The city’s own sign-in lets this person in: password, roles, teams and extension are changed there.',
  'login-taken': 'Somebody else has this user name already.',
  'extension-taken': 'Somebody else has this extension already.',
  'attachment-refused':
    'The file was not taken: PDF, images and text up to 10 MB only, and nothing infected.',
  'attachments-too-many': 'This request has too many files already.',
  'stream-reset': 'The desk has started to number its commands anew. Nothing is lost.',
  'draft-stale': 'Another window saved meanwhile. Both texts were kept.',
  'draft-unconfirmed': 'Something here is not confirmed yet: go back to it or discard it, then close.',
  'draft-full':
    'The draft of this request has no room for the text that comes back. Send or shorten the draft first; the text stays here.',
  'cache-newer':
    'The data on this disk are of a newer version of the program. They stay untouched: update the program.',
  'cache-corrupt':
    'The local copy of the data is damaged. It stays untouched; what waits to be sent is safe.',
  'cache-ready': 'The local copy of the data is in order: there is nothing to make anew.',
  'other-crm':
    'Another CRM answers at this address. The data of this desk belong to {{address}}: nothing is sent to it, and nothing is lost.',
  'device-wiped': 'The center has emptied this desk: nothing is left here. Sign in again to begin anew.',
  'outbox-corrupt': 'The journal of what is to be sent is damaged. Call support before you go on.',
  'key-missing': 'The key that opens this desk’s data is missing.',
  'data-locked': 'The data are already open in another copy of the program.',
  'record-not-found': 'This record was not found.',
  'request-too-large': 'The text is too long.',
  'rate-limited': 'Too many attempts. Wait a moment.',
  'capability-missing': 'This desk cannot do that.',
  'configuration-invalid': 'The configuration has an error.',
  'unavailable-now': 'The desk does not answer right now.',
}
