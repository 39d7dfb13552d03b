"""Arabic: what the first picture says. Everything else is in `ar.py`."""

from ui.text.table import CommonText, Texts, WelcomeText

COMMON = CommonText(
    step="الخطوة {number} من {count}",
    help="اطلب المساعدة",
    help_title="هل تحتاج إلى مساعدة؟",
    help_phone="اتصل بالرقم {phone}. سيرشدك شخص عبر الهاتف.",
    help_no_phone="اتصل بالشخص المسؤول عن هذا الجهاز.",
    help_urgent="إذا كانت الحياة في خطر، اتصل بالرقم 15 أو 112.",
    close="إغلاق",
    understood="مفهوم",
    fault="حدث خلل هنا. لم يضع أي شيء. حاول مرة أخرى أو اطلب المساعدة.",
    not_done="لم يتم ما طلبته. حاول مرة أخرى أو اطلب المساعدة.",
)

WELCOME = WelcomeText(
    greeting="مرحبًا",
    explain="هنا تتحدّث مع طبيب عبر الفيديو. نساعدك في كل خطوة.",
    start="ابدأ",
    preparing="لحظة من فضلك، الجهاز يستعد…",
    language="اللغة",
    technician="التقني",
    instruments_ready="الأدوات الجاهزة: {names}",
    instruments_none="لا توجد أداة جاهزة. أوصلها وشغّلها.",
    instruments_trouble="يجب التحقق من: {names}",
    delivery_done="تم إرسال جميع التقارير.",
    delivery_waits="عناصر تنتظر الإرسال: {count}. ستُرسل تلقائيًا.",
    delivery_offline="الخط مقطوع. عناصر محفوظة هنا: {count}. ستُرسل عند عودة الخط.",
    resume_title="توقّفت جلسة قبل نهايتها",
    resume_when="بدأت في {time} — الأحرف الأولى: {initials}",
    resume_explain="لم يضع أي شيء. إذا كان الشخص لا يزال هنا فتابع، وإلا فأغلق هذه الجلسة.",
    resume_unknown="غير معروفة بعد",
    resume_yes="متابعة",
    resume_no="إغلاق هذه الجلسة",
)

TEXTS = Texts(code="ar", name="العربية", right_to_left=True, common=COMMON, welcome=WELCOME)
